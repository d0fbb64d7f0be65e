package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"reflect"
	"strconv"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

//go:embed templates languages static
var shell embed.FS

// Page is a struct that embeds Frame and is rendered by the template that has the struct's name.
type Page interface {
	// Title is the page's heading, and its name in the browser's list of windows.
	Title() Text
	frame() Frame
}

// Frame is what every page has around its content. Embed it in the page's struct.
type Frame struct {
	Language string            // from Renderer.Match; empty: as the request and the browser ask
	Locales  []string          // the ui_locales of the request, where Language is empty
	Operator dialtone.Operator // whose brand is shown; the zero value: nobody's yet
	Forms    Forms             // whether the page's forms lead to an app, directly or by redirects
}

//lint:ignore U1000 the pages that embed Frame are a Page by it
func (f Frame) frame() Frame { return f }

// Renderer turns page structs into answers. Safe for concurrent use.
type Renderer struct {
	languages *catalogue
	assets    *Assets
	templates map[string]*template.Template // by language; each set holds every page
}

// NewRenderer reads a face's folders templates, languages and static, and the shell's own.
func NewRenderer(face fs.FS) (*Renderer, error) {
	languages, err := newCatalogue(shell, face)
	if err != nil {
		return nil, err
	}
	assets, err := NewAssets(face)
	if err != nil {
		return nil, err
	}
	r := &Renderer{languages: languages, assets: assets, templates: make(map[string]*template.Template, len(Languages))}
	for _, language := range Languages {
		// Parsed once for each language, so that the words need no look-up of the language while a page is rendered.
		set := template.New("").Funcs(r.functions(language))
		for _, files := range []fs.FS{shell, face} {
			if set, err = set.ParseFS(files, "templates/*.html"); err != nil {
				return nil, fmt.Errorf("parse templates: %w", err)
			}
		}
		fold(set, r.constants(language))
		r.templates[language] = set
	}
	return r, nil
}

// Static serves the stylesheets, scripts and pictures that the pages name. Mount it at "GET /static/".
func (r *Renderer) Static() http.Handler { return r.assets }

// Render answers with the page. It panics when the template does not fit the struct: that is a fault in this program,
// which the tests find.
func (r *Renderer) Render(w http.ResponseWriter, req *http.Request, status int, page Page) {
	frame := page.frame()
	language := r.languages.known(frame.Language)
	if language == "" {
		language = r.Match(frame.Locales, req.Header.Get("Accept-Language"))
	}
	body := r.execute(language, page)
	SecurityHeaders(w.Header(), frame.Forms)
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", language)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell when the browser went away
}

// Words returns what a person reads on the page, without markup, one paragraph a line: the proof of what was consented to.
func (r *Renderer) Words(page Page) string {
	language := r.languages.known(page.frame().Language)
	if language == "" {
		language = Languages[0]
	}
	return visibleText(r.execute(language, page))
}

// Say returns a text in a language, without markup.
func (r *Renderer) Say(language string, t Text) string {
	if language = r.languages.known(language); language == "" {
		language = Languages[0]
	}
	return voice{language: language, catalogue: r.languages}.title(t)
}

func (r *Renderer) execute(language string, page Page) []byte {
	var body bytes.Buffer
	name := pageName(page)
	if err := r.templates[language].ExecuteTemplate(&body, name, page); err != nil {
		panic(fmt.Sprintf("web: render %s in %s: %v", name, language, err))
	}
	return body.Bytes()
}

// pageName is the name of the page's struct and of its template.
func pageName(page Page) string { return reflect.Indirect(reflect.ValueOf(page)).Type().Name() }

// functions are what templates may call, bound to one language.
func (r *Renderer) functions(language string) template.FuncMap {
	voice := voice{language: language, catalogue: r.languages}
	return template.FuncMap{
		"t":             voice.html,    // a message in running text: {{t "pin.left" "time" .Left}}
		"heading":       voice.heading, // a Text in running text
		"title":         voice.title,   // a Text where no markup is possible
		"label":         voice.plain,   // a message where no markup is possible: an attribute
		"language":      func() string { return language },
		"direction":     func() string { return direction(language) },
		"sentence":      func(s dialtone.Scope) string { return s.Sentence(language) },
		"asset":         r.assets.Address,
		"brand":         brandAddress,
		"defaultColour": func() string { return defaultColour },
		"link":          SafeLink,
		"name":          pageName, // by which tests and style sheets know the page
		"initial":       initial,
	}
}
