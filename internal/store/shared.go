package store

import (
	"fmt"
	"math/bits"
	"strings"
)

// shared is a statement about several things at once. It comes in seven sizes, 1, 2, 4 … 64, so that few statements have to be
// prepared; what a size has too many is filled with NULL, which equals nothing.
type shared struct {
	texts [7]string
	width int // parameters for each thing
}

// newShared makes the statement's texts. In text, %s stands for the rows of VALUES: each has a running number, from 0, and
// one value of each type.
func newShared(text string, types ...string) shared {
	s := shared{width: len(types)}
	for i := range s.texts {
		var rows strings.Builder
		for n := range 1 << i {
			if n > 0 {
				rows.WriteString(", ")
			}
			fmt.Fprintf(&rows, "(%d", n)
			for column, name := range types {
				fmt.Fprintf(&rows, ", CAST($%d AS %s)", n*s.width+column+1, name)
			}
			rows.WriteString(")")
		}
		s.texts[i] = fmt.Sprintf(text, rows.String())
	}
	return s
}

// byItself ends a subquery that PostgreSQL must answer for each row by the row's key. It would make a join of it, and begin
// that with the whole table where the table was empty when it made the plan.
const byItself = `LIMIT 1 OFFSET 0`

// looked is the condition "column equals key" of a join that must look each row up by its key. PostgreSQL may turn an equality
// around, too: read the whole table, which was empty when it made the plan, and look for each of its rows among the keys.
func looked(column, key string) string { return column + ` BETWEEN ` + key + ` AND ` + key }

// step is the statement for the arguments.
func (s shared) step(args []any) *step {
	text, args := s.fit(args)
	return &step{text: text, args: args}
}

// fit returns the smallest text for the arguments, which it fills up.
func (s shared) fit(args []any) (string, []any) {
	size := bits.Len(uint(len(args)/s.width - 1))
	for len(args) < s.width<<size {
		args = append(args, nil)
	}
	return s.texts[size], args
}
