package office

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Front says what the console is, to whom is not signed in.
type Front struct{ desk.Shell }

// Operators is the front page of who is signed in: for which operators they work.
type Operators struct {
	desk.Shell
	Desks         []operatorLine
	Administrator bool
	Email         string
}

type operatorLine struct {
	operator.Desk
	Address string
	Waiting int  // products to review
	Closed  bool // the operator asks for a passkey, and the person signed in without
}

var frontNotices = map[string]string{"left": "You do not work there any more."}

// ShowFront leads who works for one operator to its home page, and shows all others what there is.
func (m *Room) ShowFront(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if v.Account.ID == "" {
		m.pages.Render(w, v, http.StatusOK, &Front{Shell: desk.Shell{Title: "The console of mobile operators", Narrow: true}})
		return
	}
	desks, err := m.Office.Desks(r.Context(), v.Actor)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p := &Operators{Shell: desk.Shell{Title: "Your operators"}, Email: v.Account.Email}
	p.Notice = frontNotices[r.URL.Query().Get("done")]
	if p.Administrator, err = m.Office.Administrator(r.Context(), v.Actor); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	if len(desks) == 1 && !p.Administrator && p.Notice == "" {
		desk.See(w, page.Address(desks[0].Operator.ID))
		return
	}
	for _, one := range desks {
		line := operatorLine{Desk: one, Address: page.Address(one.Operator.ID), Closed: one.Operator.PasskeyRequired && !v.Actor.ByPasskey}
		if !line.Closed {
			counts, err := m.Office.ProductCounts(r.Context(), v.Actor, one.Operator.ID)
			if err != nil {
				m.Fail(w, r, v, err)
				return
			}
			line.Waiting = counts[dialtone.ListingOffered]
		}
		p.Desks = append(p.Desks, line)
	}
	m.pages.Render(w, v, http.StatusOK, p)
}
