package traffic_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

var markup = regexp.MustCompile(`<[^>]*>|[ \t]+`)

// text is what a page says, without its markup.
func (a answer) text() string {
	return html.UnescapeString(regexp.MustCompile(` +`).ReplaceAllString(markup.ReplaceAllString(a.body, " "), " "))
}

// wants fails unless the answer has that status and all the words.
func (a answer) wants(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %.2000s", a.status, status, a.text())
	}
	for _, w := range words {
		if !strings.Contains(a.text(), w) {
			t.Errorf("the page lacks %q: %.2000s", w, a.text())
		}
	}
}

var rect = regexp.MustCompile(`<rect class="series-(\d)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"><title>([^<]+)</title>`)

func TestAnalyticsDrawsWhatTheTableSays(t *testing.T) {
	s := newStage(t)
	s.count(dialtone.TallySignInStarted, 20, s.now)
	s.count(dialtone.TallySignInCompleted, 12, s.now)
	s.count(dialtone.TallySignInDenied, 3, s.now)
	s.count(dialtone.TallySignInCompleted, 5, s.now.AddDate(0, 0, -2))
	s.count(dialtone.TallyConsentGranted, 4, s.now.AddDate(0, 0, -2))
	s.count(dialtone.TallyConsentRevoked, 1, s.now)
	s.count(dialtone.TallyTokenError+"invalid_grant", 2, s.now)
	s.flush()
	got := s.get(s.kim, s.analytics("?from=2026-02-27&to=2026-03-01&by=day"))
	got.wants(t, http.StatusOK, "Weather", "20", "completed 17", "denied by the person 3", "given 4", "withdrawn 1", "invalid_grant 2",
		"given less withdrawn, so far", "Nothing between 27 Feb 2026 and 1 Mar 2026.", // no tokens
		"Bars by day between 27 Feb 2026 and 1 Mar 2026: 17 completed, 3 denied by the person",
	)
	var words []string
	highest := 100.0
	for _, found := range rect.FindAllStringSubmatch(got.body, -1) {
		words = append(words, html.UnescapeString(found[6]))
		var y, height float64
		for i, to := range map[int]*float64{3: &y, 5: &height} {
			var err error
			if *to, err = strconv.ParseFloat(found[i], 64); err != nil {
				t.Error(err)
			}
		}
		if y < 0 || height <= 0 || y+height > 100.01 {
			t.Errorf("a bar leaves the picture: %v", found)
		}
		highest = min(highest, y)
	}
	want := []string{
		"27 Feb 2026: 5 completed", "1 Mar 2026: 12 completed", "1 Mar 2026: 3 denied by the person",
		"27 Feb 2026: 4 given", "1 Mar 2026: 1 withdrawn", "1 Mar 2026: 2 invalid_grant",
	}
	if diff := cmp.Diff(want, words); diff != "" {
		t.Error(diff)
	}
	if highest > 50 {
		t.Errorf("the highest bar begins at %v: the scale is too large", highest)
	}
	if strings.Contains(got.body, "style=") || strings.Contains(got.body, "<style") {
		t.Error("the page has a style that its policy forbids")
	}
	for _, label := range []string{`role="img" aria-labelledby="sign-ins-title sign-ins-desc"`, `aria-label="Sign-ins by outcome as a table"`} {
		if !strings.Contains(got.body, label) {
			t.Errorf("the page lacks %s", label)
		}
	}
}

func TestAnalyticsShowTheRateAndThePeriodBefore(t *testing.T) {
	s := newStage(t)
	s.get(s.kim, s.analytics("")).wants(t, http.StatusOK, "Nothing happened in these days", "Try it")
	s.count(dialtone.TallySignInStarted, 50, s.now)
	s.count(dialtone.TallySignInCompleted, 32, s.now)
	s.count(dialtone.TallySignInStarted, 40, s.now.AddDate(0, 0, -3)) // the period before
	s.count(dialtone.TallySignInCompleted, 20, s.now.AddDate(0, 0, -3))
	s.count(dialtone.TallySignInDenied, 4, s.now.AddDate(0, 0, -3))
	s.flush()
	shown := s.get(s.kim, s.analytics("?from=2026-02-27&to=2026-03-01&by=day"))
	shown.wants(t, http.StatusOK, "64% 50% in the period before", "started 50 +25%", "completed 32 +60%", "sign-ins denied by the person 0 -100%")
	if !strings.Contains(shown.body, `width="64" height="1"`) || strings.Contains(shown.text(), "Nothing happened in these days") {
		t.Errorf("the funnel is not drawn: %s", shown.body)
	}
	// Of the period before the year that is shown nothing is kept.
	s.get(s.kim, s.analytics("?from=2025-03-02&to=2026-03-01&by=day")).wants(t, http.StatusOK, "58%", "started 90")
	if year := s.get(s.kim, s.analytics("?from=2025-03-02&to=2026-03-01&by=day")); strings.Contains(year.text(), "in the period before") {
		t.Error("a year is compared with what is not kept")
	}
	// More came to the end than began: no rate says that.
	s.count(dialtone.TallySignInCompleted, 100, s.now)
	s.flush()
	if more := s.get(s.kim, s.analytics("?from=2026-03-01&to=2026-03-01&by=day")); strings.Contains(more.text(), "264%") {
		t.Error("the rate is over a hundred")
	}
}

func TestAnalyticsOfEveryRangeIsShown(t *testing.T) {
	s := newStage(t)
	for i := range 9 { // more codes than colours
		s.count(dialtone.TallyTokenError+dialtone.TallyKind(fmt.Sprint("code_", i)), int64(10-i), s.now)
	}
	s.flush()
	for _, query := range []string{
		"", "?from=2026-03-01&to=2026-03-01&by=hour", "?from=2026-02-16&to=2026-03-01&by=hour", "?from=2025-03-01&to=2026-03-01&by=day",
		"?from=&to=", "?by=hour", "?by=hour&from=2026-02-28",
	} {
		got := s.get(s.kim, s.analytics(query))
		got.wants(t, http.StatusOK, "code_4 6", "others 14")
		if strings.Contains(got.body, "series-7") {
			t.Errorf("%s: a series has no colour", query)
		}
	}
}

func TestTheRangeThatIsShownIsMarked(t *testing.T) {
	s := newStage(t)
	marked := regexp.MustCompile(`aria-current="true">([^<]+)<`)
	for query, want := range map[string]string{
		"": "30 days", "?by=hour": "7 days by hour", "?from=2026-03-01&to=2026-03-01&by=hour": "Today by hour", "?from=2026-02-28&to=2026-03-01&by=day": "",
	} {
		var got []string
		for _, match := range marked.FindAllStringSubmatch(s.get(s.kim, s.analytics(query)).body, -1) {
			got = append(got, match[1])
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q marks %q, want %q", query, got, want)
		}
	}
}

func TestAFaultyRangeIsExplainedAtItsField(t *testing.T) {
	s := newStage(t)
	for query, words := range map[string]string{
		"?from=yesterday":                             "Write the day as 2026-03-01.",
		"?from=2026-03-01&to=2026-02-01":              "The end is before the start.",
		"?from=2026-01-01&to=2026-03-01&by=hour":      "By hour, choose at most 14 days",
		"?from=0001-01-01&to=2026-03-01":              "Choose at most 400 days",
		"?from=2026-02-01&to=2026-03-01&by=fortnight": "Choose day or hour.",
	} {
		s.get(s.kim, s.analytics(query)).wants(t, http.StatusUnprocessableEntity, words, "Weather")
		if shown := s.get(s.kim, s.analytics(query)); strings.Contains(shown.body, "aria-current=\"true\"") {
			t.Errorf("%s: a range is marked as the one that is shown", query)
		}
		if got := s.get(s.kim, s.analytics(".csv"+query)); got.status != http.StatusBadRequest {
			t.Errorf("CSV of %s: %d", query, got.status)
		}
	}
	kept := s.get(s.kim, s.analytics("?from=2020-01-01&to=2026-03-01&by=hour"))
	kept.wants(t, http.StatusUnprocessableEntity, "These are the last 30 days")
	if !strings.Contains(kept.body, `<option value="hour" selected>`) || !strings.Contains(kept.body, `value="2020-01-01"`) {
		t.Errorf("what was chosen is not in the form: %s", kept.body)
	}
	s.get(s.kim, s.analytics("?from=%22%3E%3Cscript%3E")).wants(t, http.StatusUnprocessableEntity, "Write the day")
}

func TestTheDownloadIsCSV(t *testing.T) {
	s := newStage(t)
	s.count(dialtone.TallySignInCompleted, 12, s.now.Add(-time.Hour))
	s.count(dialtone.TallyTokenError+"invalid_grant", 2, s.now)
	s.flush()
	got := s.get(s.kim, s.analytics(".csv?from=2026-03-01&to=2026-03-01&by=hour"))
	got.wants(t, http.StatusOK, "\r\n")
	if kind := got.header.Get("Content-Type"); kind != "text/csv; charset=utf-8; header=present" {
		t.Errorf("Content-Type %s", kind)
	}
	if name := got.header.Get("Content-Disposition"); name != `attachment; filename="analytics-2026-03-01-2026-03-01.csv"` {
		t.Errorf("Content-Disposition %s", name)
	}
	lines, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	must(t, err)
	head := []string{
		"hour", "sign_in.started", "sign_in.completed", "sign_in.denied", "sign_in.failed", "sign_in.not_available", "sign_in.refused",
		"consent.granted", "consent.updated", "consent.revoked", "token.issued", "token.refreshed", "token.error.invalid_grant",
	}
	if diff := cmp.Diff(head, lines[0]); diff != "" {
		t.Error(diff)
	}
	if len(lines) != 25 || lines[12][0] != "2026-03-01T11:00:00Z" || lines[12][2] != "12" || lines[13][12] != "2" || lines[1][2] != "0" {
		t.Errorf("lines: %v", lines)
	}
}

func TestAnOperatorsNameIsNoFormula(t *testing.T) {
	s := newStage(t)
	s.operator.Name = `=HYPERLINK("https://evil.example","Fjord")`
	must(t, s.db.PutOperator(t.Context(), s.operator))
	s.count(dialtone.TallySMSSegments, 100, s.now.AddDate(0, 0, -1))
	s.flush()
	got := s.get(s.kim, s.analytics(".csv?of=sms"))
	lines, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
	must(t, err)
	want := [][]string{{"operator", "sms.segments", "cost", "currency"}, {"'" + s.operator.Name, "100", "4.5", "SEK"}}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	s.get(s.kim, s.analytics("")).wants(t, http.StatusOK, "4.5 SEK", s.operator.Name)
}

func TestRefusedRequestsAreListedWithWhatToChange(t *testing.T) {
	s := newStage(t)
	address := "/products/" + s.product.ID + "/requests"
	s.get(s.kim, address).wants(t, http.StatusOK, "No refused requests", "web server")
	for i := range 60 {
		s.refused(fmt.Sprint("number ", i), s.now.Add(time.Duration(i)*time.Second))
	}
	s.flush()
	first := s.get(s.kim, address)
	first.wants(t, http.StatusOK, "number 59", "number 10", "invalid_request", "at authorize", "What to change:", "byte for byte", "web server")
	if strings.Contains(first.body, "number 9<") {
		t.Error("the first page has too much on it")
	}
	next := regexp.MustCompile(`href="([^"]+)" rel="next"`).FindStringSubmatch(first.body)
	if next == nil {
		t.Fatalf("there is no way to older requests: %s", first.body)
	}
	second := s.get(s.kim, html.UnescapeString(next[1]))
	second.wants(t, http.StatusOK, "number 9", "number 0", "Newest")
	if strings.Contains(second.body, "number 10<") || strings.Contains(second.body, `rel="next"`) {
		t.Errorf("the second page: %s", second.body)
	}
	s.get(s.kim, address+"?client=client_none").wants(t, http.StatusOK, "No client of the product has this")
	s.get(s.kim, address+"?before=now").wants(t, http.StatusBadRequest)
}

func TestTheSameFaultIsListedOnceWithAllItsRequests(t *testing.T) {
	s := newStage(t)
	for i := range 12 {
		s.refused(fmt.Sprint("number ", i), s.now.Add(-time.Duration(i)*time.Hour))
	}
	other := dialtone.FailedRequest{
		ID: secret.ID("er"), ProductID: s.product.ID, ClientID: "client_gone", Endpoint: "token", Code: "invalid_client",
		Description: "the secret is wrong", At: s.now.Add(-90 * time.Minute),
	}
	s.recorder.Refused(other)
	s.flush()
	address := "/products/" + s.product.ID + "/requests"
	all := s.get(s.kim, address)
	all.wants(t, http.StatusOK, "refused 12 times", "The 11 before it, since", "number 0", "number 11", "invalid_client at token", "client_gone")
	if faults := strings.Count(all.body, `<li class="panel">`); faults != 2 {
		t.Errorf("%d faults are listed, want 2", faults)
	}
	if !strings.Contains(all.body, `<a href="/clients/`+s.client.ID+`">web server</a>`) || strings.Contains(all.body, `href="/clients/client_gone"`) {
		t.Error("a request leads to its client if there is one, and only then")
	}
	s.get(s.kim, address+"?span=day").wants(t, http.StatusOK, "number 11")
	hour := s.get(s.kim, address+"?span=hour")
	hour.wants(t, http.StatusOK, "number 0", "number 1")
	if strings.Contains(hour.body, "number 2<") || strings.Contains(hour.body, "invalid_client") {
		t.Errorf("the last hour has what is older: %s", hour.text())
	}
	if !strings.Contains(hour.body, `aria-current="true">An hour<`) || !strings.Contains(hour.body, `name="span" value="hour"`) {
		t.Error("the page does not say how far back it goes")
	}
}

func TestAClientIsChosenByAPartOfItsName(t *testing.T) {
	s := newStage(t)
	again := s.client
	again.ID, again.Description, again.Secrets = "client_second", "web worker", nil
	must(t, s.db.PutClient(t.Context(), again))
	s.refused("of the server", s.now)
	s.flush()
	address := "/products/" + s.product.ID + "/requests?client="
	for _, typed := range []string{"SERVER", "web+server", s.client.ID} {
		s.get(s.kim, address+typed).wants(t, http.StatusOK, "of the server")
	}
	s.get(s.kim, address+"worker").wants(t, http.StatusOK, "No refused requests")
	two := s.get(s.kim, address+"web")
	two.wants(t, http.StatusOK, "2 clients have this", "web worker")
	if !strings.Contains(two.body, `requests?client=client_second"`) {
		t.Errorf("the page has no way to one of the two: %s", two.body)
	}
}

func TestARefusedRequestIsFoundByItsErrorID(t *testing.T) {
	s := newStage(t)
	f := s.refused("redirect_uri differs from the registered one at character 24: <b>'x'</b>", s.now)
	s.flush()
	s.get(s.kim, "/requests").wants(t, http.StatusOK, "Find a refused request", "Error id")
	for _, typed := range []string{f.ID, "%20" + f.ID + "%0A", "%E2%81%A6" + f.ID + "%E2%81%A9"} { // with what is copied along
		got := s.get(s.kim, "/requests?id="+typed)
		got.wants(t, http.StatusOK, f.Detail, f.ID, "What to change:", "Weather")
		if strings.Contains(got.body, "<b>") {
			t.Error("what an app sent is markup")
		}
	}
	for _, typed := range []string{"er_nothing", "%3Cscript%3E"} {
		s.get(s.kim, "/requests?id="+typed).wants(t, http.StatusNotFound, "There is no such request of your clients")
	}
	// Somebody else's is not to be told from one that never was.
	theirs := s.get(s.robin, "/requests?id="+f.ID)
	theirs.wants(t, http.StatusNotFound, "There is no such request of your clients")
	if none := s.get(s.robin, "/requests?id="+strings.Repeat("x", len(f.ID))); strings.ReplaceAll(none.body, strings.Repeat("x", len(f.ID)), f.ID) != theirs.body {
		t.Error("another organization's request has another page than none at all")
	}
}

func TestAnotherOrganizationsTrafficDoesNotExist(t *testing.T) {
	s := newStage(t)
	s.refused("secret", s.now)
	s.flush()
	for _, path := range []string{"/analytics", "/analytics.csv", "/requests"} {
		if got := s.get(s.robin, "/products/"+s.product.ID+path); got.status != http.StatusNotFound || strings.Contains(got.body, "Weather") {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if got := s.get("nobody", "/products/"+s.product.ID+path); got.status != http.StatusSeeOther {
			t.Errorf("%s without a session: %d", path, got.status)
		}
	}
}
