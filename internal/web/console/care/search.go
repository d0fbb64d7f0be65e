package care

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Search asks for a subscriber.
type Search struct {
	desk.Shell
	Here  string
	Query desk.Field
}

// ShowSearch asks for a number or an id.
func (m *Room) ShowSearch(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	at, err := page.Enter(r, v, m.Office, operator.ReadLines)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, searchPage(at, ""))
}

func searchPage(at page.Place, q string) *Search {
	return &Search{
		Shell: at.Shell(page.TabCare), Here: at.Address + "/" + page.TabCare,
		Query: desk.Field{
			Name: "q", Label: "Number or id of a line", Value: q, Most: 100, Autocomplete: "off", Verbatim: true, Focus: true,
			Hint: "The whole number: parts of one find nothing, because numbers are sealed. What you look for stands in the audit log.",
		},
	}
}

// Find looks for the line and goes to its page, whose address holds no number.
func (m *Room) Find(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	at, err := page.Enter(r, v, m.Office, operator.ReadLines)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	q := r.PostForm.Get("q")
	id, err := m.Care.Find(r.Context(), v.Actor, at.Operator.ID, q, v.Now)
	if wrong, isField := errors.AsType[dialtone.FieldErrors](err); isField {
		p := searchPage(at, q)
		p.Query.Problem = wrong.Of("q")
		m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
		return
	}
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	desk.See(w, at.Address+"/lines/"+id)
}
