package rp

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"sort"
)

//go:embed pages.html
var pageFile embed.FS

var pages = template.Must(template.ParseFS(pageFile, "pages.html"))

type (
	homePage    struct{ User *user }
	refusedPage struct{ Code, Description string }
	faultPage   struct{ Message string }
	removedPage struct {
		Kept  bool
		State string
	}
	pastePage struct {
		Fields []field
		Code   string
	}
	field struct{ Name, Value string }
)

// paste shows what came with a redirect that the app did not begin, so that a person who follows the walkthrough with
// curl can copy the code.
func (a *app) paste(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		renderFault(w, err)
		return
	}
	page := pastePage{Code: r.FormValue("code")}
	for name, values := range r.Form {
		for _, value := range values {
			page.Fields = append(page.Fields, field{name, value})
		}
	}
	sort.Slice(page.Fields, func(i, j int) bool { return page.Fields[i].Name < page.Fields[j].Name })
	render(w, http.StatusOK, "paste", page)
}

func renderFault(w http.ResponseWriter, err error) {
	render(w, http.StatusBadGateway, "fault", faultPage{Message: err.Error()})
}

func render(w http.ResponseWriter, status int, name string, page any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, page); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Referrer-Policy", "no-referrer") // the address may hold a code
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	body.WriteTo(w)
}

func indent(claims json.RawMessage) string {
	var out bytes.Buffer
	if err := json.Indent(&out, claims, "", "  "); err != nil {
		return string(claims)
	}
	return out.String()
}
