// Package inbox is the demo's inbox: every SMS and e-mail that would have been sent, newest first. It shows whole numbers and
// PINs, so that only `dialtone demo` mounts it, on loopback.
//
//	GET /            the page; it reloads itself when something comes
//	GET /messages    the same as JSON, for scripts: ?to=+33639980000 for one number
package inbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/message"
)

// entry is one SMS or e-mail as scripts read it.
type entry struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"` // sms or e-mail
	From    string    `json:"from"`
	To      string    `json:"to"`                // E.164 number or e-mail address
	Subject string    `json:"subject,omitempty"` // of an e-mail
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
}

//go:embed inbox.html inbox.js inbox.css
var files embed.FS

var page = template.Must(template.ParseFS(files, "inbox.html"))

// Messages is where they come from: newest first.
type Messages interface{ List() []message.Received }

type inbox struct{ messages Messages }

// New returns the pages.
func New(messages Messages) http.Handler {
	i := inbox{messages: messages}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", i.show)
	mux.HandleFunc("GET /messages", i.showJSON)
	mux.Handle("GET /inbox.js", http.FileServerFS(files))
	mux.Handle("GET /inbox.css", http.FileServerFS(files))
	return mux
}

func (i inbox) show(w http.ResponseWriter, _ *http.Request) {
	var body bytes.Buffer
	messages := i.messages.List()
	newest := ""
	if len(messages) > 0 {
		newest = messages[0].ID
	}
	if err := page.Execute(&body, struct {
		Messages []message.Received
		Newest   string
	}{messages, newest}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // it is a demo page: its reader is the developer
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	_, _ = body.WriteTo(w) // whoever asked is gone if this fails
}

func (i inbox) showJSON(w http.ResponseWriter, r *http.Request) {
	to := r.FormValue("to")
	entries := []entry{}
	for _, m := range i.messages.List() {
		if to == "" || m.To == to {
			entries = append(entries, entry(m))
		}
	}
	body, err := json.Marshal(entries)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(body, '\n'))
}
