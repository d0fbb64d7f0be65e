package traffic

import (
	"errors"
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// FoundRequest is the search for an error id, and what it found.
type FoundRequest struct {
	desk.Shell
	Search desk.Field
	List   []Fault // none or one
	All    string  // address of all refused requests of the product; empty: nothing was found
}

func searchField(value string) desk.Field {
	return desk.Field{Name: "id", Label: "Error id", Hint: "From the error page or from error_id in an answer: er_…", Value: value, Type: "search", Most: 100}
}

// FindRequest finds a refused request by its error id in all products that the person may see.
func (m *Room) FindRequest(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	id := cleanID(r.URL.Query().Get("id"))
	shown := &FoundRequest{Shell: desk.Shell{Title: "Find a refused request"}, Search: searchField(id)}
	if id == "" {
		m.pages.Render(w, v, http.StatusOK, shown)
		return
	}
	failure, err := m.Reports.FailedRequest(r.Context(), v.Actor, id)
	if errors.Is(err, dialtone.ErrNotFound) {
		shown.Search.Problem = "There is no such request of your clients. Check the id; requests are kept for 7 days, and appear here after a few seconds."
		m.pages.Render(w, v, http.StatusNotFound, shown)
		return
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	product, _, err := m.Catalog.Product(r.Context(), v.Actor, failure.ProductID)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	clients, err := m.Catalog.Clients(r.Context(), v.Actor, failure.ProductID)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	if shown.Shell, err = m.shell(r, v, product, tabRequests); err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown.List, shown.All = faults([]traffic.Failure{failure}, clients), "/products/"+product.ID+"/"+tabRequests
	m.pages.Render(w, v, http.StatusOK, shown)
}

// cleanID leaves out what gets copied along with an id: spaces, and the marks that keep it left to right on the error page.
func cleanID(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, text)
}
