package traffic

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Analytics shows what a product's clients did in a range of time.
type Analytics struct {
	desk.Shell
	Address  string // of this page
	From, To desk.Field
	By       traffic.Step
	Problem  string // with By
	Instead  string // says what is shown in place of a range that cannot be; empty: the range of the form
	Recent   []desk.Tab
	CSV, SMS string // addresses of the downloads
	Totals   []desk.Key
	Plots    []desk.Plot
	Costs    []Cost
}

// Cost is what SMS cost an operator, for reading.
type Cost struct {
	Operator string
	Segments int64
	Amount   string // "4.5 SEK"
}

// What is shown when the address names no range.
const (
	usualDays       = 30
	usualDaysByHour = 7
)

// ShowAnalytics shows the figures of the range in the address: ?from= and ?to= are days (UTC), ?by= is day or hour.
func (m *Room) ShowAnalytics(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	asked := r.URL.Query()
	in, faults := readRange(asked, v.Now)
	if len(faults) > 0 {
		in = traffic.LastDays(usualDays, v.Now)
	}
	s, err := m.Reports.Summary(r.Context(), v.Actor, r.PathValue("product"), in, v.Now)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	frame, err := m.shell(r, v, s.Product, tabAnalytics)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := analytics(s, v.Now)
	shown.Shell = frame
	status := http.StatusOK
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
		shown.From.Value, shown.To.Value = asked.Get("from"), asked.Get("to")
		shown.From.Problem, shown.To.Problem, shown.Problem = faults.Of("from"), faults.Of("to"), faults.Of("by")
		shown.By = traffic.Step(asked.Get("by"))
		shown.Instead = fmt.Sprintf("These are the last %d days: the days that you asked for cannot be shown.", usualDays)
		for i := range shown.Recent {
			shown.Recent[i].Current = false // the form says something else
		}
	}
	m.pages.Render(w, v, status, shown)
}

// readRange reads the range of an address; the usual one if it names none.
func readRange(asked url.Values, now time.Time) (traffic.Range, dialtone.FieldErrors) {
	usual := traffic.LastDays(usualDays, now)
	if traffic.Step(asked.Get("by")) == traffic.ByHour {
		usual = traffic.LastDays(usualDaysByHour, now)
	}
	if !asked.Has("from") && !asked.Has("to") && !asked.Has("by") {
		return usual, nil
	}
	var faults dialtone.FieldErrors
	read := func(field string, otherwise time.Time) time.Time {
		text := strings.TrimSpace(asked.Get(field))
		if text == "" {
			return otherwise
		}
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			faults = append(faults, dialtone.FieldError{Field: field, Problem: "Write the day as 2026-03-01."})
		}
		return day
	}
	// The last hour of the last day counts, too.
	from, to := read("from", usual.From), read("to", usual.To.Add(-time.Hour)).Truncate(24*time.Hour).Add(23*time.Hour)
	by := traffic.Step(asked.Get("by"))
	if by == "" {
		by = traffic.ByDay
	}
	if len(faults) > 0 {
		return traffic.Range{}, faults
	}
	in, err := traffic.NewRange(from, to, by)
	if wrong, ok := errors.AsType[dialtone.FieldErrors](err); ok {
		return traffic.Range{}, wrong
	}
	return in, nil
}

func analytics(s traffic.Summary, now time.Time) *Analytics {
	address := "/products/" + s.Product.ID + "/" + tabAnalytics
	from, to := s.Range.From.Format(time.DateOnly), s.Range.To.Add(-time.Second).Format(time.DateOnly)
	query := rangeQuery(s.Range)
	recent := func(words string, days int, by traffic.Step) desk.Tab {
		in := traffic.LastDays(days, now)
		in.By = by
		return desk.Tab{Link: desk.Link{Words: words, Address: address + "?" + rangeQuery(in)}, Current: rangeQuery(in) == query}
	}
	shown := &Analytics{
		Address: address, By: s.Range.By,
		From: desk.Field{Name: "from", Label: "From", Type: "date", Value: from},
		To:   desk.Field{Name: "to", Label: "To", Type: "date", Value: to},
		CSV:  address + ".csv?" + query, SMS: address + ".csv?of=sms&" + query,
		Recent: []desk.Tab{
			recent("Today by hour", 1, traffic.ByHour), recent("7 days by hour", 7, traffic.ByHour),
			recent("30 days", 30, traffic.ByDay), recent("90 days", 90, traffic.ByDay),
			recent("A year", 365, traffic.ByDay),
		},
		Plots: plots(s),
	}
	for _, series := range s.SignIns {
		shown.Totals = append(shown.Totals, desk.Key{Words: signInWords[series.Kind], Total: series.Total})
	}
	for _, cost := range s.SMS {
		shown.Costs = append(shown.Costs, Cost{Operator: cost.OperatorName, Segments: cost.Segments, Amount: amount(cost.Cost) + " " + cost.Currency})
	}
	return shown
}

// rangeQuery is a range as the page's address has it.
func rangeQuery(in traffic.Range) string {
	return url.Values{
		"from": {in.From.Format(time.DateOnly)}, "to": {in.To.Add(-time.Second).Format(time.DateOnly)}, "by": {string(in.By)},
	}.Encode()
}

// signInWords are how outcomes are called.
var signInWords = map[dialtone.TallyKind]string{
	dialtone.TallySignInStarted:      "started",
	dialtone.TallySignInCompleted:    "completed",
	dialtone.TallySignInDenied:       "denied by the person",
	dialtone.TallySignInFailed:       "failed: wrong PINs",
	dialtone.TallySignInNotAvailable: "not available at the operator",
	dialtone.TallySignInRefused:      "refused: faulty request",
}

func plots(s traffic.Summary) []desk.Plot {
	at := desk.Axis{Buckets: s.Buckets, Range: s.Range}
	var outcomes, errorCodes []desk.Stack
	for _, series := range s.SignIns {
		if series.Kind != dialtone.TallySignInStarted { // what was started has an outcome, or was left
			outcomes = append(outcomes, desk.Stack{Words: signInWords[series.Kind], Series: series})
		}
	}
	for _, series := range s.TokenErrors {
		errorCodes = append(errorCodes, desk.Stack{Words: errorCode(series.Kind), Series: series})
	}
	consents := desk.NewPlot("consents", "Consents", at, []desk.Stack{
		{Words: "given", Series: s.Consents.Granted}, {Words: "changed", Series: s.Consents.Updated}, {Words: "withdrawn", Series: s.Consents.Revoked},
	})
	consents.Table.Columns = append(consents.Table.Columns, "given less withdrawn, so far")
	for i, net := range s.Consents.Net {
		consents.Table.Rows[i].Cells = append(consents.Table.Rows[i].Cells, net)
	}
	consents.Table.Totals = append(consents.Table.Totals, s.Consents.Granted.Total-s.Consents.Revoked.Total)
	return []desk.Plot{
		desk.NewPlot("sign-ins", "Sign-ins by outcome", at, outcomes),
		consents,
		desk.NewPlot("tokens", "Tokens", at, []desk.Stack{{Words: "issued", Series: s.Tokens[0]}, {Words: "refreshed", Series: s.Tokens[1]}}),
		desk.NewPlot("token-errors", "Token errors", at, errorCodes),
	}
}

// errorCode is the OAuth error code that a kind counts.
func errorCode(kind dialtone.TallyKind) string {
	return strings.TrimPrefix(string(kind), string(dialtone.TallyTokenError))
}
