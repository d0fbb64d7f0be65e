package product

import (
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Review is a product as staff look at it before they decide.
type Review struct {
	desk.Shell
	page.Place
	operator.Review
	Here      string
	Facts     []fact
	Scopes    []scopeLine
	Changed   int // facts and scopes that differ from what staff saw when they decided last
	MayDecide bool
	Ways      []way
	Reason    desk.Field
	Wrong     string // what is wrong with the decision itself
	Seen      int64
	SeenIt    int64
}

// fact is something that the developers filled in.
type fact struct {
	Words, Value string
	Link         string // the value is an address
	Before       string // what it was when staff decided last
	Changed      bool
}

// scopeLine is a scope that the product asks for, in both wordings.
type scopeLine struct {
	dialtone.Scope
	Subscriber string
	Optional   bool
	Change     string // since staff decided last: "new", "no longer optional", "now optional", "gone"; empty: none
}

// way is a decision that can be made.
type way struct {
	State       dialtone.ListingState
	Words       string
	Consequence string
	Primary     bool
}

var ways = map[dialtone.ListingState]way{
	dialtone.ListingEnabled:   {Words: "Enable", Consequence: "Subscribers can sign in to it, at once.", Primary: true},
	dialtone.ListingDeclined:  {Words: "Decline", Consequence: "The developers read the reason, and can offer it again."},
	dialtone.ListingSuspended: {Words: "Suspend", Consequence: "Its sign-ins and tokens stop for all subscribers, on every node within a second. Only staff can enable it again."},
}

var reviewNotices = map[string]string{
	"enabled":   "The product is enabled. Its developers are told by e-mail.",
	"declined":  "The product is declined. Its developers are told why by e-mail.",
	"suspended": "The product is suspended: nobody of your subscribers gets in any more. Its developers are told why by e-mail.",
}

// ShowReview shows a product with all that staff decide on.
func (m *Room) ShowReview(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.reviewPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.Notice = reviewNotices[r.URL.Query().Get("done")]
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) reviewPage(r *http.Request, v desk.Visit) (*Review, error) {
	at, err := page.Enter(r, v, m.Office, operator.ReadProducts)
	if err != nil {
		return nil, err
	}
	review, err := m.Office.Review(r.Context(), v.Actor, at.Operator.ID, r.PathValue("product"), v.Now)
	if err != nil {
		return nil, err
	}
	scopes, err := m.Scopes.Scopes(r.Context())
	if err != nil {
		return nil, err
	}
	p := &Review{
		Shell: at.Inside(review.Product.Name, page.TabProducts), Place: at, Review: review, MayDecide: at.May(operator.DecideProducts),
		Here: at.Address + "/products/" + review.Product.ID, Facts: facts(review), Scopes: scopeLines(review, scopes, at.Operator.Language),
		Seen: review.Listing.Updated.UnixMicro(), SeenIt: review.Product.Updated.UnixMicro(), Reason: reasonField(""),
	}
	p.Wide = true
	for _, f := range p.Facts {
		if f.Changed {
			p.Changed++
		}
	}
	for _, s := range p.Scopes {
		if s.Change != "" {
			p.Changed++
		}
	}
	for _, state := range operator.Next(review.Listing.State) {
		one := ways[state]
		one.State = state
		p.Ways = append(p.Ways, one)
	}
	return p, nil
}

func reasonField(value string) desk.Field {
	return desk.Field{
		Name: "reason", Label: "Reason", Value: value, Lines: 3, Most: 500, Optional: true,
		Hint: "The developers read it, and it stays in the history. Needed unless you enable the product.",
	}
}

// facts are what the developers filled in, beside what staff saw when they decided last.
func facts(r operator.Review) []fact {
	now := r.Product
	before := now
	if r.Before != nil {
		before = *r.Before
	}
	list := []fact{
		{Words: "Name", Value: now.Name, Before: before.Name},
		{Words: "Subtitle", Value: now.Subtitle, Before: before.Subtitle},
		{Words: "Description", Value: now.Description, Before: before.Description},
		{Words: "Price", Value: now.Price, Before: before.Price},
		{Words: "Terms of use", Value: now.TermsURL, Link: now.TermsURL, Before: before.TermsURL},
		{Words: "Privacy policy", Value: now.PrivacyURL, Link: now.PrivacyURL, Before: before.PrivacyURL},
		{Words: "Support", Value: now.Support, Before: before.Support},
	}
	if strings.HasPrefix(now.Support, "https://") {
		list[len(list)-1].Link = now.Support
	}
	for i := range list {
		list[i].Changed = list[i].Value != list[i].Before
	}
	return list
}

// scopeLines are the scopes that the product asks for, and those that it asked for when staff decided last.
func scopeLines(r operator.Review, all map[string]dialtone.Scope, language string) []scopeLine {
	var lines []scopeLine
	line := func(s dialtone.ProductScope, change string) {
		scope, known := all[s.Name]
		if !known {
			scope = dialtone.Scope{Name: s.Name}
		}
		words := scope.Subscriber[language]
		if words == "" {
			words = scope.Subscriber["en"]
		}
		lines = append(lines, scopeLine{Scope: scope, Subscriber: words, Optional: s.Optional, Change: change})
	}
	for _, s := range r.Product.Scopes {
		line(s, changeOf(r.Before, s))
	}
	if r.Before != nil {
		for _, s := range r.Before.Scopes {
			if _, still := r.Product.Scope(s.Name); !still {
				line(s, "gone")
			}
		}
	}
	return lines
}

func changeOf(before *dialtone.Product, s dialtone.ProductScope) string {
	if before == nil {
		return ""
	}
	was, had := before.Scope(s.Name)
	switch {
	case !had:
		return "new"
	case was.Optional && !s.Optional:
		return "no longer optional"
	case !was.Optional && s.Optional:
		return "now optional"
	}
	return ""
}
