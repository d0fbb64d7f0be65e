package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// TestEveryBudgetIsCounted: keys of budgets are made by dialtone.BudgetName.Of, so that each has a name that the metrics know, and
// whoever refuses by a bucket of its own counts it.
func TestEveryBudgetIsCounted(t *testing.T) {
	found := 0
	for _, s := range sources(t) {
		if strings.HasSuffix(s.name, "_test.go") || s.folder == "internal/store/storetest" || s.folder == "internal/dialtone" {
			continue
		}
		takes, counts := false, false
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				for _, key := range budgetKeys(n) {
					found++
					if !named(key) {
						t.Errorf("%s: the key of a budget is not made by dialtone.BudgetName.Of", s.positions.Position(key.Pos()))
					}
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok {
					takes = takes || f.Sel.Name == "Take"
					counts = counts || f.Sel.Name == "Bit"
					if f.Sel.Name == "BudgetName" {
						t.Errorf("%s: a name of a budget that is not in dialtone.BudgetNames", s.positions.Position(n.Pos()))
					}
				}
			}
			return true
		})
		if takes && !counts && slices.Contains(s.imports(), module+"internal/rate") {
			t.Errorf("%s/%s refuses by a bucket and counts nothing", s.folder, s.name)
		}
	}
	if found < 15 {
		t.Errorf("only %d budgets were found", found)
	}
}

// budgetKeys are the values of Key in a literal that makes a Budget or a BudgetError, or several.
func budgetKeys(literal *ast.CompositeLit) []ast.Expr {
	kind := literal.Type
	many, ok := kind.(*ast.ArrayType)
	if ok {
		kind = many.Elt
	}
	name, _ := kind.(*ast.SelectorExpr)
	if name == nil || name.Sel.Name != "Budget" && name.Sel.Name != "BudgetError" {
		return nil
	}
	of := []*ast.CompositeLit{literal}
	if ok {
		of = nil
		for _, element := range literal.Elts {
			if one, ok := element.(*ast.CompositeLit); ok {
				of = append(of, one)
			}
		}
	}
	var keys []ast.Expr
	for _, one := range of {
		for _, element := range one.Elts {
			pair, ok := element.(*ast.KeyValueExpr)
			if field, isName := pair.Key.(*ast.Ident); ok && isName && field.Name == "Key" {
				keys = append(keys, pair.Value)
			}
		}
	}
	return keys
}

// named reports whether the key is NAME.Of(…), the name alone, or one that was made elsewhere.
func named(key ast.Expr) bool {
	switch key := key.(type) {
	case *ast.CallExpr:
		if f, ok := key.Fun.(*ast.SelectorExpr); ok {
			return f.Sel.Name == "Of"
		}
		f, ok := key.Fun.(*ast.Ident)
		return ok && f.Name == "string"
	case *ast.SelectorExpr:
		return key.Sel.Name == "Key" || key.Sel.Name == "GuessKey"
	}
	return false
}
