package product

import (
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Listing is the tab Listing: what each operator says of the product.
type Listing struct {
	desk.Shell
	view
	Operators  []OperatorRow
	Incomplete []catalog.ReadinessItem // what is missing, after an offer that needs it
}

// OperatorRow is an operator with what became of the product there.
type OperatorRow struct {
	catalog.OperatorListing
	MayOffer bool
	Numbers  []TestNumber // at the sandbox
	More     int          // test numbers that are not shown
}

// TestNumber is a number that is published for tests, with the PIN that always works for it.
type TestNumber struct{ Number, Display, PIN string }

// shownNumbers is how many test numbers the page shows of each country.
const shownNumbers = 3

// State is the listing's state in a word: enabled, offered, declined, suspended, or "not offered".
func (o OperatorRow) State() string {
	if o.Listing.State == "" {
		return "not offered"
	}
	return string(o.Listing.State)
}

// Never reports whether the product was never offered here.
func (o OperatorRow) Never() bool { return o.Listing.State == "" }

// ShowListing shows the operators.
func (m *Room) ShowListing(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown, err := m.listing(r, v, o)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown.Notice = notice(r)
	m.pages.Render(w, v, http.StatusOK, shown)
}

func (m *Room) listing(r *http.Request, v desk.Visit, o view) (*Listing, error) {
	rows, err := m.operators(r, v, o)
	return &Listing{Shell: o.shell(tabListing), view: o, Operators: rows}, err
}

// operators are all operators with the product's state there.
func (m *Room) operators(r *http.Request, v desk.Visit, o view) ([]OperatorRow, error) {
	list, err := m.Catalog.OperatorListings(r.Context(), v.Actor, o.Product.ID, m.Desk.Now())
	if err != nil {
		return nil, err
	}
	var rows []OperatorRow
	for _, listing := range list {
		row := OperatorRow{OperatorListing: listing, MayOffer: o.MayWrite && offerable(listing.Listing.State)}
		if listing.Operator.Sandbox {
			row.Numbers, row.More = testNumbers()
		}
		rows = append(rows, row)
	}
	// The sandbox first: it is where everybody begins.
	slices.SortStableFunc(rows, func(a, b OperatorRow) int { return rank(a.Operator.Sandbox) - rank(b.Operator.Sandbox) })
	return rows, nil
}

// offerable reports whether offering a product that stands so asks the operator anything new.
func offerable(state dialtone.ListingState) bool {
	return state == "" || state == dialtone.ListingDeclined
}

// testNumbers are the first numbers of each range, and how many more there are.
func testNumbers() (shown []TestNumber, more int) {
	all := directory.SandboxNumbers()
	const country = 3 // "+46", "+44"
	for _, number := range all {
		text := number.E164()
		same := func(n TestNumber) bool { return n.Number[:country] == text[:country] }
		if count(shown, same) < shownNumbers {
			shown = append(shown, TestNumber{Number: text, Display: directory.Display(number), PIN: directory.SandboxPIN(number)})
		}
	}
	return shown, len(all) - len(shown)
}

func count[T any](list []T, is func(T) bool) int {
	n := 0
	for _, item := range list {
		if is(item) {
			n++
		}
	}
	return n
}
