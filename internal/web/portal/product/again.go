package product

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// savedAddress leads to a tab after the product was saved. It carries what subscribers will be asked again for, so that the
// page can say so where no script said it before.
func (m *Room) savedAddress(r *http.Request, v desk.Visit, tab string, before, after dialtone.Product) string {
	query := url.Values{"done": {"saved"}}
	if after.ConsentVersion != before.ConsentVersion && m.everAdded(r, v, after) {
		_, query["again"] = catalog.ConsentImpact(before, after)
	}
	return tab + "?" + query.Encode()
}

// everAdded reports whether there is anybody to be asked again. When that is not known, there may be.
func (m *Room) everAdded(r *http.Request, v desk.Visit, p dialtone.Product) bool {
	added, err := m.Traffic.EverAdded(r.Context(), v.Actor, p.ID, v.Now)
	return added || err != nil
}

// savedNotice is the notice of a page that savedAddress led to.
func savedNotice(r *http.Request, p dialtone.Product) string {
	words := notice(r)
	// An address can be written by anybody: only what can be true of this product is said.
	possible := possibleImpact(p)
	again := slices.DeleteFunc(slices.Clone(r.URL.Query()["again"]), func(why string) bool { return !slices.Contains(possible, why) })
	if words == "" || len(again) == 0 {
		return words
	}
	return words + " " + askedAgain(again)
}

// askedAgain says what a change means for those who consented already.
func askedAgain(why []string) string {
	return "Subscribers who added the product before will be asked again at their next sign-in, for: " + inWords(why) + "."
}

// possibleImpact is all that ConsentImpact can have said of a change that led to this product.
func possibleImpact(p dialtone.Product) []string {
	const other = "\x00"
	_, all := catalog.ConsentImpact(dialtone.Product{Name: other, Price: other, TermsURL: other}, p)
	optional := p
	optional.Scopes = nil
	for _, s := range p.Scopes {
		optional.Scopes = append(optional.Scopes, dialtone.ProductScope{Name: s.Name, Optional: true})
	}
	_, required := catalog.ConsentImpact(optional, p)
	return append(all, required...)
}
