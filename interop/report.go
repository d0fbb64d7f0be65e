package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

// table is what happened, a row for each library or program.
type table struct {
	corner  string
	columns []string
	rows    []row
}

type row struct {
	name     string // in the remarks
	label    string
	verdicts map[string]verdict // by column
}

func newTable(corner string, columns []string) *table {
	return &table{corner: corner, columns: columns}
}

func (t *table) add(name, label string, verdicts map[string]verdict) {
	t.rows = append(t.rows, row{name, label, verdicts})
}

// print prints the table and the reasons below it. It returns an error if something failed or was not reached.
func (t *table) print() error {
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintf(out, "\n%s\t%s\n", t.corner, strings.Join(t.columns, "\t"))
	var remarks []string
	failed := 0
	for _, r := range t.rows {
		cells := []string{r.label}
		for _, column := range t.columns {
			v := r.verdicts[column]
			switch v.outcome {
			case "pass":
				cells = append(cells, "pass")
			case "none":
				cells = append(cells, "–")
				remarks = append(remarks, fmt.Sprintf("–     %s, %s: %s", r.name, column, v.reason))
			case "fail":
				failed++
				cells = append(cells, "FAIL")
				remarks = append(remarks, fmt.Sprintf("FAIL  %s, %s: %s", r.name, column, v.reason))
			default:
				failed++
				cells = append(cells, "not reached")
			}
		}
		fmt.Fprintln(out, strings.Join(cells, "\t"))
	}
	out.Flush()
	if len(remarks) > 0 {
		fmt.Printf("\n%s\n", strings.Join(remarks, "\n"))
	}
	if failed > 0 {
		return fmt.Errorf("%s: %d steps failed or were not reached", t.corner, failed)
	}
	return nil
}
