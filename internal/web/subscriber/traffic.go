package subscriber

import (
	"context"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Traffic counts what becomes of sign-ins and keeps refused requests for the client's developers. Neither method waits for
// anything.
type Traffic interface {
	Count(t dialtone.Tally)
	Refused(f dialtone.FailedRequest)
}

// count notes one thing that happened with a client. The operator is that of a line that was proved, never that of a number
// that was typed: counts by operator would tell who is served.
func (h *Handler) count(reg dialtone.Registration, operatorID string, kind dialtone.TallyKind) {
	if reg.Client.ID == ownClient {
		return // no product's figures
	}
	h.Traffic.Count(dialtone.Tally{
		ProductID: reg.Product.ID, ClientID: reg.Client.ID, OperatorID: operatorID, Hour: h.Now(), Kind: kind, Count: 1,
	})
}

// refused keeps a faulty authorization request, if it names a client, and reports whether it did: then the client's developers
// find it in the portal. f has its id and client, and what was wrong. What the request said about the person who made it
// (state, login_hint, the values of a query) must be in none of its fields.
func (h *Handler) refused(ctx context.Context, f dialtone.FailedRequest) bool {
	if f.ClientID == "" {
		return false
	}
	reg, err := h.Catalog.Registration(ctx, f.ClientID)
	if err != nil {
		return false // there is no such client, or nobody can say
	}
	h.count(reg, "", dialtone.TallySignInRefused)
	f.ProductID, f.Endpoint, f.At = reg.Product.ID, "authorize", h.Now()
	h.Traffic.Refused(f)
	return true
}
