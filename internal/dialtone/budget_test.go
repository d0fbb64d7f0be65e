package dialtone

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"
)

// TestNoBudgetIsWithoutItsMetric: the metrics are made from BudgetNames, and what is not in it is counted nowhere.
func TestNoBudgetIsWithoutItsMetric(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "budget.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var named []BudgetName
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "BudgetName" {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		named = append(named, BudgetName(text))
		return true
	})
	if len(named) < 40 {
		t.Fatalf("only %d names were found", len(named))
	}
	listed := slices.Clone(BudgetNames)
	slices.Sort(named)
	slices.Sort(listed)
	if !slices.Equal(named, slices.Compact(listed)) {
		t.Errorf("the names and BudgetNames differ:\n%v\n%v", named, listed)
	}
}

func TestABudgetThatBitIsCountedUnderItsName(t *testing.T) {
	t.Parallel()
	counts := NewBudgetCounts()
	counts.Bit(BudgetIcons)
	counts.Bit((&BudgetError{Key: BudgetIcons.Of("somebody:else")}).Name())
	counts.Bit("nothing of ours")
	(*BudgetCounts)(nil).Bit(BudgetIcons)
	for _, name := range BudgetNames {
		want := int64(0)
		if name == BudgetIcons {
			want = 2
		}
		if got := counts.Of(name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}
