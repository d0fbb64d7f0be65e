package guide

import (
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// DocsSearch is the list of what was found.
type DocsSearch struct {
	desk.Shell
	Contents Contents
	Hits     []hit
}

// Search finds the sections of the guide, and the operations of the API, that have all the words.
func (m *Room) Search(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	query := r.URL.Query().Get("q")
	values, err := m.values(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	hits := search(append(m.guide[:len(m.guide):len(m.guide)], m.reference()), query)
	inBraces := strings.NewReplacer(values.pairs()...)
	for i := range hits {
		hits[i].Excerpt = inBraces.Replace(hits[i].Excerpt)
	}
	contents := m.contents("")
	contents.Query = query
	m.pages.Render(w, v, http.StatusOK, &DocsSearch{Shell: desk.Shell{Title: "Search the docs", Wide: true}, Contents: contents, Hits: hits})
}

// reference is the API as an article, for the search.
func (m *Room) reference() article {
	a := article{Name: apiName, Title: "Management API"}
	for _, g := range m.operations {
		for _, o := range g.Operations {
			a.Sections = append(a.Sections, section{ID: o.ID, Title: o.Summary, words: o.Method + " " + o.Path + " " + o.Description})
		}
	}
	return a
}
