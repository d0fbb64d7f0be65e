package office

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Home is an operator's first page: what waits.
type Home struct {
	desk.Shell
	page.Place
	Waiting  []dialtone.Offered // products to review, the newest first
	More     int                // that are not shown
	Counts   []stateCount
	MayMake  bool // decisions
	Products string
}

type stateCount struct {
	State   dialtone.ListingState
	Count   int
	Address string
}

const waitingShown = 5

var homeNotices = map[string]string{"joined": "Welcome. You work here now."}

// ShowHome shows what waits.
func (m *Room) ShowHome(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	at, err := page.Enter(r, v, m.Office, operator.ReadOperator)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p := &Home{Shell: at.Shell(page.TabHome), Place: at, MayMake: at.May(operator.DecideProducts), Products: at.Address + "/" + page.TabProducts}
	p.Notice = homeNotices[r.URL.Query().Get("done")]
	counts, err := m.Office.ProductCounts(r.Context(), v.Actor, at.Operator.ID)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	for _, state := range dialtone.ListingStates {
		p.Counts = append(p.Counts, stateCount{state, counts[state], p.Products + "?state=" + string(state)})
	}
	p.Waiting, err = m.Office.Products(r.Context(), v.Actor, dialtone.OfferedQuery{
		OperatorID: at.Operator.ID, State: dialtone.ListingOffered, Limit: waitingShown,
	})
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.More = counts[dialtone.ListingOffered] - len(p.Waiting)
	m.pages.Render(w, v, http.StatusOK, p)
}
