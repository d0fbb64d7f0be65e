package apply

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/written"
)

// faults collects all that is wrong with a document: whoever mends it wants to do so once.
type faults struct{ list []error }

func (f *faults) add(err error) {
	if err != nil {
		f.list = append(f.list, err)
	}
}

// err is all faults in the order of their lines.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b error) int {
		var x, y *written.Fault
		if !errors.As(a, &x) || !errors.As(b, &y) {
			return 0
		}
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	return errors.Join(f.list...)
}

// problem is what a noun says of itself, without its name: the fault has the place.
func problem(err error) string {
	_, after, found := strings.Cut(err.Error(), dialtone.ErrInvalid.Error()+": ")
	if !found {
		return err.Error()
	}
	return after
}
