package guide

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// Docs is a page of the guide.
type Docs struct {
	page.Shell
	Contents Contents
	Client   string // whose values stand in the examples: its description, or its id; empty: nobody's
	Product  string // that the client belongs to
	SignIn   string // where to sign in for them; empty: the reader is signed in
	Body     template.HTML
	Sections []section
	Next     page.Link // the page after this one; the zero value: this is the last
}

// Contents is the list of all pages, with the search.
type Contents struct {
	Query string // what was searched for
	Pages []Entry
}

// Entry is a page in the list of all pages.
type Entry struct {
	page.Link
	Current bool
}

// ShowDocs shows a page of the guide; without a name, the first one.
func (m *Room) ShowDocs(w http.ResponseWriter, r *http.Request, v page.Visit) {
	name := r.PathValue("page")
	at := 0
	if name != "" {
		at = slices.IndexFunc(m.guide, func(a article) bool { return a.Name == name })
	}
	if at < 0 || at >= len(m.guide) {
		m.Desk.Fail(w, r, v, fmt.Errorf("page of the guide: %w", dialtone.ErrNotFound))
		return
	}
	values, err := m.values(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := &Docs{
		Shell:    page.Shell{Title: m.guide[at].Title, Wide: true},
		Contents: m.contents(m.guide[at].Name), Client: cmp.Or(values.client.Description, values.client.ID), Product: values.product,
		Body: values.fill(m.guide[at].html), Sections: m.guide[at].Sections[1:],
	}
	if v.Account.ID == "" {
		shown.SignIn = "/signin?to=/docs/" + m.guide[at].Name
	}
	if at+1 < len(m.guide) {
		shown.Next = page.Link{Words: m.guide[at+1].Title, Address: "/docs/" + m.guide[at+1].Name}
	}
	m.pages.RenderShared(w, r, v, &m.shared, m.guide[at].Name, shown)
}

// apiName is the last part of the reference's address.
const apiName = "api"

// contents lists all pages, the reference of the management API last.
func (m *Room) contents(current string) Contents {
	var list []Entry
	for _, a := range m.guide {
		list = append(list, Entry{page.Link{Words: a.Title, Address: "/docs/" + a.Name}, a.Name == current})
	}
	return Contents{Pages: append(list, Entry{page.Link{Words: "Management API reference", Address: "/docs/" + apiName}, current == apiName})}
}
