// Package inbox is the demo's desk: what to open and whom to be there, a phone on which every SMS appears that would have been sent, and
// a mailbox, newest first. It shows whole numbers and PINs, so that only `dialtone demo` mounts it, on loopback.
//
//	GET /            the page; what comes appears by itself
//	GET /messages    the same as JSON, for scripts: ?to=+33639980000 for one number
package inbox

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"regexp"
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

// Door is an address of the demo, and whom to be there.
type Door struct {
	Name, Address, Who string
	Ways               []Way // that make somebody certain of you
}

// Way is an address with its words.
type Way struct{ Words, Address string }

// shown is a message with the PIN or code that it brings, if it does.
type shown struct {
	message.Received
	Code string
}

// leading finds the code of an SMS, which begins with it, and of a mail, where it has a line of its own.
var leading = regexp.MustCompile(`(?m)^\s*([0-9]{6,8})(?:\s*$| )`)

type inbox struct {
	messages Messages
	doors    []Door
}

// New returns the pages.
func New(messages Messages, doors ...Door) http.Handler {
	i := inbox{messages: messages, doors: doors}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", i.show)
	mux.HandleFunc("GET /messages", i.showJSON)
	mux.Handle("GET /inbox.js", http.FileServerFS(files))
	mux.Handle("GET /inbox.css", http.FileServerFS(files))
	return mux
}

func (i inbox) show(w http.ResponseWriter, _ *http.Request) {
	desk := struct {
		Doors        []Door
		Texts, Mails []shown
		Newest       string
		Clock        string
	}{Doors: i.doors, Clock: time.Now().Format("15:04")}
	for n, m := range i.messages.List() {
		if n == 0 {
			desk.Newest = m.ID
		}
		one := shown{Received: m}
		if found := leading.FindStringSubmatch(m.Text); found != nil {
			one.Code = found[1]
		}
		if m.Kind == message.KindMail {
			desk.Mails = append(desk.Mails, one)
		} else {
			desk.Texts = append(desk.Texts, one)
		}
	}
	var body bytes.Buffer
	if err := page.Execute(&body, desk); err != nil {
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
