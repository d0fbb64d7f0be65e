// Package coming holds the page that stands where a face is to be: it says what works today and what comes. The developer
// portal and the operator console are such places in this release.
package coming

import (
	"embed"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web"
)

//go:embed templates languages static
var files embed.FS

// Place names the face that is to come. It begins the ids of the page's messages.
type Place string

// The faces that are to come.
const (
	Portal  Place = "portal"
	Console Place = "console"
)

// Coming is the page.
type Coming struct {
	web.Frame
	Place Place
}

// Title is the name of the face.
func (c Coming) Title() web.Text { return c.message("title") }

// Today says what works.
func (c Coming) Today() []web.Text { return []web.Text{c.message("today1"), c.message("today2")} }

// Later says what comes.
func (c Coming) Later() []web.Text { return []web.Text{c.message("later1"), c.message("later2")} }

func (c Coming) message(name string) web.Text { return web.Text{ID: string(c.Place) + "." + name} }

// New returns the page of that place, at the root of its host.
func New(place Place) (http.Handler, error) {
	renderer, err := web.NewRenderer(files)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", renderer.Static())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		renderer.Render(w, r, http.StatusOK, Coming{Place: place})
	})
	return mux, nil
}
