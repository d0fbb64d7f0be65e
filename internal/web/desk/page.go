// Package desk is the shell of the pages at which people work, developers and operators' staff: who is looking, the frame around
// the content, fields, plots, errors.
//
//	request ──▶ Desk.Signed / Desk.Open ──▶ a room's handler with a Visit ──▶ Room.Render ──▶ the template of the struct's name
//	                  │                              └── error ──▶ Desk.Fail, the one place where an error becomes a page
//	                  └── nobody signed in ──▶ /signin?to=…
//
// A Face says whose desk it is. Faces have rooms, one package each; a room brings its templates, the frame, the fields, the
// stylesheet and the scripts stand here. Desks speak English only, so their words stand in the templates (docs/decisions/0008).
package desk

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"reflect"
	"strconv"
	"sync"

	"github.com/dialtone-id/dialtone/internal/fixed"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/writing"
)

//go:embed templates static
var files embed.FS

// Page is a struct that embeds Shell and is rendered by the template that has the struct's name.
type Page interface{ shell() *Shell }

// Shell is what every page has around its content. Embed it in the page's struct and fill in what the page has; who is signed
// in is filled in by Render.
type Shell struct {
	Title   string // the page's heading, and its name in the browser's list of windows
	Crumbs  []Link // the way from the front page, without the page itself
	Tabs    []Tab  // of a product or an organization; empty: none
	Notice  string // what was just done: shown once at the top, and read out
	Problem string // what went wrong with the form as a whole
	Wrong   []Link // the fields that need a change, as places in the page: for a form that is longer than the screen
	Account string // who is signed in, as colleagues read it; empty: nobody
	Wide    bool   // panels are as wide as lists: those of a page are parts of one
	Narrow  bool   // for one short form, as in signing in
	Action  Link   // what people come to the page for, beside its heading; empty: nothing
	Dialog  string // id of the page's <dialog> that does what Action leads to; empty: none
	// Forms says whether a form of the page leads to another host, if only by redirects: browsers hold those against the
	// policy as well.
	Forms web.Forms

	PageName string // of the struct, filled in by Render: tests tell by it which page they see
	Face     *Face  // filled in by Render
}

// Window is what the browser's list of windows shows: the tab too, since all tabs of a thing have its name as their heading.
// What was refused says so first: a screen reader begins with it on the page that a form leads to.
func (s *Shell) Window() string {
	words := s.Title
	for _, tab := range s.Tabs {
		if tab.Current {
			words = tab.Words + " – " + s.Title
		}
	}
	if s.Problem != "" || len(s.Wrong) > 0 {
		return "Error: " + words
	}
	return words
}

//lint:ignore U1000 the pages that embed Shell are a Page by it
func (s *Shell) shell() *Shell { return s }

// Link is an address with its words.
type Link struct{ Words, Address string }

// Tab is one of several views of a thing.
type Tab struct {
	Link
	Current bool
}

// Tabs are views of the thing at base: words and the last part of the address, which is empty for the first one.
func Tabs(base, current string, views [][2]string) []Tab {
	list := make([]Tab, len(views))
	for i, view := range views {
		address := base
		if view[1] != "" {
			address += "/" + view[1]
		}
		list[i] = Tab{Link: Link{Words: view[0], Address: address}, Current: view[1] == current}
	}
	return list
}

// Room renders the pages of one package.
type Room struct {
	face      *Face
	templates *template.Template
}

// Render answers with the page. It panics when the template does not fit the struct: that is a fault in this program, which
// the tests find.
func (room *Room) Render(w http.ResponseWriter, v Visit, status int, page Page) {
	body := room.execute(v, page)
	header := w.Header()
	protect(header, page)
	header.Set("Content-Type", mediaType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell when the browser went away
}

const mediaType = "text/html; charset=utf-8"

func (room *Room) execute(v Visit, page Page) []byte {
	page.shell().Account = writing.ShownEmail(v.Account.Display())
	if v.Account.ID == "" {
		page.shell().Account = ""
	}
	var body bytes.Buffer
	name := reflect.Indirect(reflect.ValueOf(page)).Type().Name()
	page.shell().PageName, page.shell().Face = name, room.face
	if err := room.templates.ExecuteTemplate(&body, name, page); err != nil {
		panic(fmt.Sprintf("desk: render %s: %v", name, err))
	}
	return body.Bytes()
}

func protect(header http.Header, page Page) {
	web.SecurityHeaders(header, page.shell().Forms)
	// The inline checks of fields and the passkey dialogue ask this host, and no other.
	header.Set("Content-Security-Policy", header.Get("Content-Security-Policy")+"; connect-src 'self'")
	header.Set("Content-Language", "en")
}

// Shared holds pages that are the same for everybody who is not signed in, each rendered and compressed once, by names of which there
// are few. The zero value is ready. Safe for concurrent use.
type Shared struct{ pages sync.Map } // name → sharedPage

type sharedPage struct {
	page   Page // for its headers
	answer *fixed.Answer
}

// RenderShared is Render for such a page: whoever is not signed in gets the one that is kept under the name, everybody else one of
// their own.
func (room *Room) RenderShared(w http.ResponseWriter, r *http.Request, v Visit, shared *Shared, name string, page Page) {
	if v.Account.ID != "" {
		room.Render(w, v, http.StatusOK, page)
		return
	}
	kept, ok := shared.pages.Load(name)
	if !ok {
		kept, _ = shared.pages.LoadOrStore(name, sharedPage{page, fixed.New(mediaType, room.execute(v, page))})
	}
	one := kept.(sharedPage)
	protect(w.Header(), one.page)
	w.Header().Set("Cache-Control", "private, no-cache") // with the cookie of a session it is another page
	w.Header().Set("Vary", "Cookie")
	one.answer.Serve(w, r)
}
