package organization

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// Activity is the log of what members and keys did.
type Activity struct {
	desk.Shell
	Lines []page.ActivityLine
	First string // the address of the newest lines; empty: these are them
	Next  string // of older ones; empty: there are none
}

// linesShown on one page of the log.
const linesShown = 50

// ShowActivity shows the log, the newest lines first; ?before= and ?id= of a line turn the page.
func (m *Room) ShowActivity(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	h, err := m.house(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	query := r.URL.Query()
	p := &Activity{Shell: h.shell(tabActivity)}
	here := h.address + "/" + tabActivity
	before, err := moment(query.Get("before"))
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	log, err := m.Catalog.Activities(r.Context(), v.Actor, h.Organization.ID, before, query.Get("id"), linesShown+1)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	if !before.IsZero() {
		p.First = here
	}
	if len(log) > linesShown {
		log = log[:linesShown]
		last := log[linesShown-1]
		p.Next = here + "?" + url.Values{"before": {strconv.FormatInt(last.At.UnixMicro(), 10)}, "id": {last.ID}}.Encode()
	}
	p.Lines = page.ActivityLines(log)
	m.pages.Render(w, v, http.StatusOK, p)
}

// moment reads a time of an address: microseconds since 1970; empty: the zero time. Error: ErrInvalid.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("time %q: %w", text, dialtone.ErrInvalid)
	}
	return time.UnixMicro(micros).UTC(), nil
}
