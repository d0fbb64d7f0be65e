package desk

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/rate"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const (
	keptLifetime = 10 * time.Minute
	keptQuery    = "kept"    // names the kept page in the address
	mostKept     = 256 << 10 // bytes of a page
)

// keepLimit is how many pages are kept for one household: each is a row.
var keepLimit = rate.Limit{PerMinute: 240, Burst: 240}

// Keeper keeps sealed pages for some minutes.
type Keeper interface {
	KeepPage(ctx context.Context, id, sealed string, expires time.Time) error
	// KeptPage returns ErrNotFound if there is none, or it has expired.
	KeptPage(ctx context.Context, id string, now time.Time) (sealed string, err error)
}

// keptPage is an answer to a form as the browser gets it at the address that it is sent to.
type keptPage struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// Keep answers every form by 303: a page with which a room answers a POST, be it a refusal with what was typed or a new secret, is
// kept for ten minutes, sealed and for this session only, and the browser is sent to see it (RFC 9110 §15.4.4). So a reload repeats
// no act, and Back finds no page that cannot be shown. own returns where the form stands, with the path of the POST given.
//
// Answered by the POST itself: JSON for scripts, what failed on our side, and the forms of whoever sends far too many.
func (d *Desk) Keep(own func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			recorded := &recorder{ResponseWriter: w, header: http.Header{}, status: http.StatusOK}
			next.ServeHTTP(recorded, r)
			if !recorded.isPage() || !d.keep(w, r, recorded, own(r)) {
				recorded.send()
			}
		case r.Method == http.MethodGet && r.URL.Query().Has(keptQuery):
			if !d.showKept(w, r) {
				next.ServeHTTP(w, r)
			}
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// WhereItStands finds the page of a form by the address that it is sent to: the same, or the nearest above it that is a page of the mux.
func WhereItStands(mux *http.ServeMux) func(*http.Request) string {
	return func(r *http.Request) string {
		for at := r.URL.EscapedPath(); len(at) > 1; at = at[:strings.LastIndexByte(at, '/')] {
			address, err := url.Parse(at)
			if err != nil {
				break
			}
			_, pattern := mux.Handler(&http.Request{Method: http.MethodGet, Host: r.Host, URL: address})
			if strings.HasPrefix(pattern, "GET /") {
				return Inside(at)
			}
		}
		return "/"
	}
}

// keep sends the browser to the page that a form was answered with. When it returns false, the page could not be kept.
func (d *Desk) keep(w http.ResponseWriter, r *http.Request, answer *recorder, own string) bool {
	now := d.Now()
	if d.takePost(dialtone.BudgetKeptPages, dialtone.Household(d.ClientIP(r)), keepLimit, now) != nil {
		return false
	}
	browser, err := d.keptFor(r)
	if err != nil {
		return false
	}
	if browser == "" {
		browser = secret.Token("").Reveal()
		d.Cookies.Set(w, d.Room.face.keptCookie(), browser, 0)
	}
	token := secret.ID("kept")
	sealed, err := d.sealPage(answer)
	if err == nil {
		err = d.Pages.KeepPage(r.Context(), keptID(browser, token), sealed, now.Add(keptLifetime))
	}
	if err != nil {
		d.Note(r, slog.LevelError, err)
		return false
	}
	for _, cookie := range answer.header.Values("Set-Cookie") {
		w.Header().Add("Set-Cookie", cookie)
	}
	See(w, own+"?"+keptQuery+"="+token)
	return true
}

// showKept answers with the page that the address names. When it returns false, it is not there any more, or not for this browser,
// and the address stands for itself.
func (d *Desk) showKept(w http.ResponseWriter, r *http.Request) bool {
	browser, err := d.keptFor(r)
	if err != nil || browser == "" {
		return false
	}
	sealed, err := d.Pages.KeptPage(r.Context(), keptID(browser, r.URL.Query().Get(keptQuery)), d.Now())
	if err != nil {
		return false
	}
	kept, err := d.openPage(sealed)
	if err != nil {
		return false
	}
	for name, values := range kept.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(kept.Status)
	_, _ = w.Write(kept.Body)
	return true
}

// keptFor is for whom pages are kept in this browser: the session, or where nobody is signed in the browser; empty: it has neither.
func (d *Desk) keptFor(r *http.Request) (string, error) {
	v, err := d.visit(r)
	if err != nil || v.Session.ID != "" {
		return v.Session.ID, err
	}
	return d.Cookies.Get(r, d.Room.face.keptCookie()), nil
}

func keptID(browser, token string) string {
	return "kept_" + secret.Hash(strings.Join([]string{browser, token}, "\n"))
}

func (d *Desk) sealPage(answer *recorder) (string, error) {
	header := answer.header.Clone()
	header.Del("Set-Cookie")
	header.Set("Cache-Control", "no-store")
	status := answer.status
	if status == http.StatusCreated {
		status = http.StatusOK // a reload creates nothing
	}
	plain, err := json.Marshal(keptPage{status, header, answer.body.Bytes()})
	if err != nil {
		return "", err
	}
	var small bytes.Buffer
	zip := gzip.NewWriter(&small)
	_, _ = zip.Write(plain) // a buffer takes everything
	if err := zip.Close(); err != nil {
		return "", err
	}
	return d.Seals.Seal(secret.LabelKeptPage, small.Bytes()), nil
}

func (d *Desk) openPage(sealed string) (keptPage, error) {
	small, err := d.Seals.Open(secret.LabelKeptPage, sealed)
	if err != nil {
		return keptPage{}, err
	}
	zip, err := gzip.NewReader(bytes.NewReader(small))
	if err != nil {
		return keptPage{}, fmt.Errorf("kept page: %w", err)
	}
	plain, err := io.ReadAll(zip)
	if err != nil {
		return keptPage{}, fmt.Errorf("kept page: %w", err)
	}
	var kept keptPage
	if err := json.Unmarshal(plain, &kept); err != nil {
		return keptPage{}, fmt.Errorf("kept page: %w", err)
	}
	return kept, nil
}

// recorder holds an answer back until it is known how it is to be sent.
type recorder struct {
	http.ResponseWriter
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

func (a *recorder) Header() http.Header { return a.header }

func (a *recorder) WriteHeader(status int) {
	if !a.written {
		a.status, a.written = status, true
	}
}

func (a *recorder) Write(b []byte) (int, error) {
	a.written = true
	return a.body.Write(b)
}

// Unwrap lets http.ResponseController set deadlines.
func (a *recorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *recorder) isPage() bool {
	return a.header.Get("Content-Type") == mediaType && a.status < http.StatusInternalServerError && a.body.Len() <= mostKept
}

// send answers as the room did.
func (a *recorder) send() {
	for name, values := range a.header {
		for _, value := range values {
			a.ResponseWriter.Header().Add(name, value)
		}
	}
	a.ResponseWriter.WriteHeader(a.status)
	_, _ = a.ResponseWriter.Write(a.body.Bytes())
}
