package product

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Products lists what is offered to the operator.
type Products struct {
	desk.Shell
	Here     string
	Search   desk.Field
	State    dialtone.ListingState // empty: every one
	States   []stateLink
	Products []dialtone.Offered
	First    string // the address of the first page; empty: this is it
	Next     string // of the next one; empty: there is none
}

type stateLink struct {
	Words, Address string
	Count          int
	Current        bool
}

// productsShown on one page.
const productsShown = 25

// ShowProducts lists the products, those first of which something changed last: ?state= and ?q= choose, ?before= and ?id= turn the page.
func (m *Room) ShowProducts(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	at, err := page.Enter(r, v, m.Office, operator.ReadProducts)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	query := r.URL.Query()
	p := &Products{
		Shell: at.Shell(page.TabProducts), Here: at.Address + "/" + page.TabProducts, State: dialtone.ListingState(query.Get("state")),
		Search: desk.Field{Name: "q", Label: "Search by name", Type: "search", Value: query.Get("q"), Most: 80, Optional: true},
	}
	before, err := moment(query.Get("before"))
	if err == nil && p.State != "" && !slices.Contains(dialtone.ListingStates, p.State) {
		err = fmt.Errorf("state %q: %w", p.State, dialtone.ErrNotFound)
	}
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	if p.Products, err = m.Office.Products(r.Context(), v.Actor, dialtone.OfferedQuery{
		OperatorID: at.Operator.ID, State: p.State, Search: p.Search.Value, Before: before, BeforeID: query.Get("id"), Limit: productsShown + 1,
	}); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	counts, err := m.Office.ProductCounts(r.Context(), v.Actor, at.Operator.ID)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.choose(counts)
	p.turn(before)
	m.pages.Render(w, v, http.StatusOK, p)
}

// choose sets the ways to the products in each state.
func (p *Products) choose(counts map[dialtone.ListingState]int) {
	all := stateLink{Words: "all", Address: p.at("", url.Values{}), Current: p.State == ""}
	for _, state := range dialtone.ListingStates {
		all.Count += counts[state]
	}
	p.States = []stateLink{all}
	for _, state := range dialtone.ListingStates {
		p.States = append(p.States, stateLink{string(state), p.at(state, url.Values{}), counts[state], state == p.State})
	}
}

// turn keeps one page of what was read, and sets the ways to the others.
func (p *Products) turn(before time.Time) {
	if !before.IsZero() {
		p.First = p.at(p.State, url.Values{})
	}
	if len(p.Products) > productsShown {
		p.Products = p.Products[:productsShown]
		last := p.Products[productsShown-1].Listing
		p.Next = p.at(p.State, url.Values{"before": {strconv.FormatInt(last.Updated.UnixMicro(), 10)}, "id": {last.ProductID}})
	}
}

func (p *Products) at(state dialtone.ListingState, query url.Values) string {
	if state != "" {
		query.Set("state", string(state))
	}
	if p.Search.Value != "" {
		query.Set("q", p.Search.Value)
	}
	if len(query) == 0 {
		return p.Here
	}
	return p.Here + "?" + query.Encode()
}

// moment reads a time of an address: microseconds since 1970; empty: the zero time. Error: ErrInvalid.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: %w", text, dialtone.ErrInvalid)
	}
	return time.UnixMicro(micros).UTC(), nil
}
