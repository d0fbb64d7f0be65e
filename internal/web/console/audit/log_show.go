package audit

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/audit"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// AuditLog lists what was done.
type AuditLog struct {
	desk.Shell
	Here    string
	Actions []choice
	From    desk.Field
	To      desk.Field
	Target  string // id; empty: all
	Actor   string // id; empty: all
	Chosen  bool   // a filter is on
	Lines   []auditLine
	First   string // the address of the newest lines; empty: these are them
	Next    string // of older ones; empty: there are none
	CSV     string
	JSON    string
	Proof   *audit.Proof // what a check found; nil: none was asked for
}

type choice struct {
	Value, Words string
	Chosen       bool
}

// linesShown on one page of the log.
const linesShown = 50

// ShowLog shows the log, the newest lines first: ?action=, ?target=, ?actor=, ?from= and ?to= choose, ?before= turns the page.
func (m *Room) ShowLog(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, status, err := m.logPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}

func (m *Room) logPage(r *http.Request, v desk.Visit) (*AuditLog, int, error) {
	at, err := page.Enter(r, v, m.Office, operator.ReadAudit)
	if err != nil {
		return nil, 0, err
	}
	query := r.URL.Query()
	p := &AuditLog{
		Shell: at.Shell(page.TabAudit), Here: at.Address + "/" + page.TabAudit, Target: query.Get("target"), Actor: query.Get("actor"),
		From: desk.Field{Name: "from", Label: "From", Type: "date", Value: query.Get("from"), Optional: true},
		To:   desk.Field{Name: "to", Label: "To", Type: "date", Value: query.Get("to"), Optional: true},
	}
	q, status, err := filter(query, at.Operator.ID), http.StatusOK, error(nil)
	p.Chosen = q.Action != "" || q.Target != "" || q.ActorID != "" || p.From.Value != "" || p.To.Value != ""
	for _, action := range slices.Sorted(maps.Keys(actionWords)) {
		p.Actions = append(p.Actions, choice{action, actionWords[action], action == q.Action})
	}
	if wrong := days(query, &q); len(wrong) > 0 {
		p.From.Problem, p.To.Problem = wrong.Of("from"), wrong.Of("to")
		return p, http.StatusUnprocessableEntity, nil
	}
	if q.Before, err = number(query.Get("before")); err != nil {
		return nil, 0, err
	}
	q.Limit = linesShown + 1
	log, err := m.Book.Lines(r.Context(), v.Actor, q)
	if err != nil {
		return nil, 0, err
	}
	kept := chosen(query)
	p.CSV, p.JSON = at.Address+"/audit.csv"+kept(""), at.Address+"/audit.jsonl"+kept("")
	if q.Before != 0 {
		p.First = p.Here + kept("")
	}
	if len(log) > linesShown {
		log = log[:linesShown]
		p.Next = p.Here + kept(strconv.FormatInt(log[linesShown-1].Seq, 10))
	}
	p.Lines = auditLines(log)
	return p, status, nil
}

// filter reads which lines an address asks for, but for the days.
func filter(query url.Values, operatorID string) dialtone.AuditQuery {
	return dialtone.AuditQuery{OperatorID: operatorID, Action: query.Get("action"), Target: query.Get("target"), ActorID: query.Get("actor")}
}

// days reads from which day to which, both included. Days are those of UTC.
func days(query url.Values, q *dialtone.AuditQuery) dialtone.FieldErrors {
	var wrong dialtone.FieldErrors
	for _, day := range []struct {
		field string
		into  *time.Time
		last  bool
	}{{"from", &q.From, false}, {"to", &q.To, true}} {
		text := query.Get(day.field)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			wrong = append(wrong, dialtone.FieldError{Field: day.field, Problem: "Write a day as 2026-11-30."})
			continue
		}
		if day.last {
			at = at.AddDate(0, 0, 1)
		}
		*day.into = at
	}
	if len(wrong) == 0 && !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		wrong = append(wrong, dialtone.FieldError{Field: "to", Problem: "This day is before the first one."})
	}
	return wrong
}

// chosen returns the query of an address that keeps the filter, from the line with the number before on.
func chosen(query url.Values) func(before string) string {
	return func(before string) string {
		kept := url.Values{}
		for _, name := range []string{"action", "target", "actor", "from", "to"} {
			if value := query.Get(name); value != "" {
				kept.Set(name, value)
			}
		}
		if before != "" {
			kept.Set("before", before)
		}
		if len(kept) == 0 {
			return ""
		}
		return "?" + kept.Encode()
	}
}

// number reads the number of a line; empty: 0. Error: ErrInvalid.
func number(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("line %q: %w", text, errors.Join(dialtone.ErrInvalid, err))
	}
	return n, nil
}

// inWords says a filter in words, for the line that tells of a download.
func inWords(query url.Values) string {
	var words []string
	for _, name := range []string{"action", "target", "actor", "from", "to"} {
		if value := query.Get(name); value != "" {
			words = append(words, name+" "+value)
		}
	}
	if len(words) == 0 {
		return "all of it"
	}
	return strings.Join(words, ", ")
}
