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
	Funnel   Funnel
	Totals   []Total // what else became of sign-ins
	Try      string  // address of Try it, where nothing happened at all; empty: something did
	Plots    []desk.Plot
	Costs    []Cost
}

// Funnel is how many of those who began a sign-in came to its end.
type Funnel struct {
	Started, Completed Total
	Rate               string // "64%"; empty where nothing was started
	RateBefore         string // of the period before; empty: there was none
	Share              int    // of Completed in the larger of the two, per cent
	ShareStarted       int
}

// Total is a figure of the range.
type Total struct {
	Words  string
	Count  int64
	Change string // against the period before, "+12%"; empty: there is nothing to compare
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
	before, compared, err := m.before(r, v, in)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := analytics(s, v.Now)
	shown.compare(s, before, compared)
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

// before are the figures of the period before, as long as the range; false where they are older than what is kept.
func (m *Room) before(r *http.Request, v desk.Visit, in traffic.Range) (traffic.Summary, bool, error) {
	earlier := traffic.Range{From: in.From.Add(in.From.Sub(in.To)), To: in.From, By: in.By}
	if earlier.From.Before(traffic.Kept(v.Now)) {
		return traffic.Summary{}, false, nil
	}
	s, err := m.Reports.Summary(r.Context(), v.Actor, r.PathValue("product"), earlier, v.Now)
	return s, err == nil, err
}

// compare fills in the figures of sign-ins, and how they changed.
func (p *Analytics) compare(s, before traffic.Summary, compared bool) {
	totals, happened := make(map[dialtone.TallyKind]Total), false
	earlier := make(map[dialtone.TallyKind]int64)
	for _, series := range before.SignIns {
		earlier[series.Kind] = series.Total
	}
	for _, series := range s.SignIns {
		total := Total{Words: signInWords[series.Kind], Count: series.Total}
		if compared {
			total.Change = change(series.Total, earlier[series.Kind])
		}
		totals[series.Kind] = total
		happened = happened || series.Total > 0
		if series.Kind != dialtone.TallySignInStarted && series.Kind != dialtone.TallySignInCompleted && (series.Total > 0 || earlier[series.Kind] > 0) {
			p.Totals = append(p.Totals, total)
		}
	}
	f := &p.Funnel
	f.Started, f.Completed = totals[dialtone.TallySignInStarted], totals[dialtone.TallySignInCompleted]
	f.Rate = rate(f.Completed.Count, f.Started.Count)
	if compared {
		f.RateBefore = rate(earlier[dialtone.TallySignInCompleted], earlier[dialtone.TallySignInStarted])
	}
	if most := max(f.Started.Count, f.Completed.Count); most > 0 {
		f.ShareStarted, f.Share = int(f.Started.Count*100/most), int(f.Completed.Count*100/most)
	}
	for _, plot := range p.Plots {
		happened = happened || plot.Nothing == ""
	}
	if !happened && len(p.Costs) == 0 {
		p.Try, p.Plots = "/products/"+s.Product.ID+"/try", nil
	}
}

// rate is a share in per cent; empty where there is nothing to have a share of, or where more came to the end than began: who is
// signed in already comes to it without a beginning.
func rate(completed, started int64) string {
	if started == 0 || completed > started {
		return ""
	}
	return fmt.Sprintf("%d%%", (completed*200+started)/(2*started))
}

// change says how a figure differs from the one before; empty where both are nothing.
func change(now, before int64) string {
	switch {
	case now == before && now == 0:
		return ""
	case now == before:
		return "as before"
	case before == 0:
		return "0 before"
	}
	return fmt.Sprintf("%+.0f%%", float64(now-before)/float64(before)*100)
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
