// Package coming holds the page that stands where a face is to be: it says what works today and what comes. The operator
// console is such a place in this release.
package coming

import (
	"embed"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/web"
)

//go:embed templates languages static
var files embed.FS

// Coming is the page.
type Coming struct{ web.Frame }

// Title is the name of the face.
func (Coming) Title() web.Text { return message("title") }

// Today says what works.
func (Coming) Today() []web.Text { return []web.Text{message("today1"), message("today2")} }

// Later says what comes.
func (Coming) Later() []web.Text { return []web.Text{message("later1"), message("later2")} }

func message(name string) web.Text { return web.Text{ID: "console." + name} }

// New returns the page, at the root of its host.
func New() (http.Handler, error) {
	renderer, err := web.NewRenderer(files)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", renderer.Static())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		renderer.Render(w, r, http.StatusOK, Coming{})
	})
	return mux, nil
}
