package product

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// OfferListing offers the product to one operator.
func (m *Room) OfferListing(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	made, err := m.Catalog.Offer(r.Context(), v.Actor, o.Product.ID, r.PostForm.Get("operator"), v.Now)
	if incomplete, ok := errors.AsType[*catalog.IncompleteError](err); ok {
		m.refuseOffer(w, r, v, o, http.StatusUnprocessableEntity, func(shown *Listing) { shown.Incomplete = incomplete.Items })
		return
	}
	if _, ok := errors.AsType[*catalog.SuspendedError](err); ok {
		m.refuseOffer(w, r, v, o, http.StatusConflict, func(shown *Listing) {
			shown.Problem = "This operator has suspended the product: only its staff can enable it again."
		})
		return
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	done := "offered"
	if made.State == dialtone.ListingEnabled {
		done = "enabled"
	}
	desk.See(w, "/products/"+o.Product.ID+"/listing?done="+done)
}

// refuseOffer shows the tab again with what stands in the way.
func (m *Room) refuseOffer(w http.ResponseWriter, r *http.Request, v desk.Visit, o view, status int, say func(*Listing)) {
	shown, err := m.listing(r, v, o)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	say(shown)
	m.pages.Render(w, v, status, shown)
}
