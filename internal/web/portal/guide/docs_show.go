package guide

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Docs is a page of the guide.
type Docs struct {
	desk.Shell
	Contents Contents
	Client   string // whose values stand in the examples: its description, or its id; empty: nobody's
	Product  string // that the client belongs to
	SignIn   string // where to sign in for them; empty: the reader is signed in
	Body     template.HTML
	Sections []section
	Next     desk.Link // the page after this one, of those beside it; the zero value: this is the last
}

// Contents is the list of all pages, with the search.
type Contents struct {
	Query string // what was searched for
	Pages []Entry
}

// Entry is a page in the list of all pages.
type Entry struct {
	desk.Link
	Current bool
	Parts   []Entry // the pages that belong to it; listed while one of them, or it, is read
	Open    bool
}

// ShowDocs shows a page of the guide; without a name, the first one.
func (m *Room) ShowDocs(w http.ResponseWriter, r *http.Request, v desk.Visit) {
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
		Shell:    desk.Shell{Title: m.guide[at].Title, Wide: true},
		Contents: m.contents(m.guide[at].Name), Client: cmp.Or(values.client.Description, values.client.ID), Product: values.product,
		Body: values.fill(m.guide[at].html), Sections: m.guide[at].Sections[1:],
	}
	if v.Account.ID == "" {
		shown.SignIn = "/signin?to=/docs/" + m.guide[at].Name
	}
	beside := func(a article) bool { return a.Of == m.guide[at].Of }
	if next := slices.IndexFunc(m.guide[at+1:], beside); next >= 0 {
		shown.Next = m.guide[at+1+next].link()
	}
	m.pages.RenderShared(w, r, v, &m.shared, m.guide[at].Name, shown)
}

// apiName is the last part of the reference's address.
const apiName = "api"

// contents lists all pages, the reference of the management API last.
func (m *Room) contents(current string) Contents {
	var list []Entry
	for _, a := range m.guide {
		entry := Entry{Link: a.link(), Current: a.Name == current}
		entry.Open = entry.Current
		if a.Of == "" {
			list = append(list, entry)
			continue
		}
		whole := &list[len(list)-1] // readGuide has it just before its parts
		whole.Parts = append(whole.Parts, entry)
		whole.Open = whole.Open || entry.Current
	}
	reference := desk.Link{Words: "Management API reference", Address: "/docs/" + apiName}
	return Contents{Pages: append(list, Entry{Link: reference, Current: current == apiName})}
}

// link leads to the page.
func (a article) link() desk.Link { return desk.Link{Words: a.Title, Address: "/docs/" + a.Name} }
