package traffic_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

func TestASummaryHasABucketForEveryDay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := storetest.Now
	days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	invalidGrant, invalidScope := dialtone.TallyTokenError+"invalid_grant", dialtone.TallyTokenError+"invalid_scope"
	for _, tally := range []dialtone.Tally{
		s.tally(dialtone.TallySignInStarted, 9, days(2)), s.tally(dialtone.TallySignInCompleted, 7, days(2)),
		s.tally(dialtone.TallySignInCompleted, 1, now), s.tally(dialtone.TallyConsentGranted, 5, days(2)),
		s.tally(dialtone.TallyConsentRevoked, 2, days(1)), s.tally(dialtone.TallyConsentGranted, 1, now),
		s.tally(invalidScope, 1, now), s.tally(invalidGrant, 3, days(1)), s.tally(dialtone.TallyTokenIssued, 6, days(2)),
		s.tally(dialtone.TallySignInStarted, 1000, days(3)), // before the range
	} {
		s.Count(tally)
	}
	s.flush()
	got, err := s.reports().Summary(t.Context(), s.developer(), s.app.Product.ID, traffic.LastDays(3, now), now)
	if err != nil {
		t.Fatal(err)
	}
	series := func(kind dialtone.TallyKind, counts ...int64) traffic.Series {
		total := int64(0)
		for _, n := range counts {
			total += n
		}
		return traffic.Series{Kind: kind, Counts: counts, Total: total}
	}
	today := now.Truncate(24 * time.Hour)
	want := traffic.Summary{
		Product: s.app.Product, Range: traffic.Range{From: today.AddDate(0, 0, -2), To: today.AddDate(0, 0, 1), By: traffic.ByDay},
		Buckets: []time.Time{today.AddDate(0, 0, -2), today.AddDate(0, 0, -1), today},
		SignIns: []traffic.Series{
			series(dialtone.TallySignInStarted, 9, 0, 0), series(dialtone.TallySignInCompleted, 7, 0, 1),
			series(dialtone.TallySignInDenied, 0, 0, 0), series(dialtone.TallySignInFailed, 0, 0, 0),
			series(dialtone.TallySignInNotAvailable, 0, 0, 0), series(dialtone.TallySignInRefused, 0, 0, 0),
		},
		Consents: traffic.Consents{
			Granted: series(dialtone.TallyConsentGranted, 5, 0, 1), Updated: series(dialtone.TallyConsentUpdated, 0, 0, 0),
			Revoked: series(dialtone.TallyConsentRevoked, 0, 2, 0), Net: []int64{5, 3, 4},
		},
		Tokens:      []traffic.Series{series(dialtone.TallyTokenIssued, 6, 0, 0), series(dialtone.TallyTokenRefreshed, 0, 0, 0)},
		TokenErrors: []traffic.Series{series(invalidGrant, 0, 3, 0), series(invalidScope, 0, 0, 1)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestASummaryByTheHour(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := storetest.Now
	s.Count(s.tally(dialtone.TallySignInStarted, 2, now.Add(-time.Hour)))
	s.Count(s.tally(dialtone.TallySignInStarted, 3, now))
	s.flush()
	in, err := traffic.NewRange(now.Add(-2*time.Hour), now, traffic.ByHour)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.reports().Summary(t.Context(), s.developer(), s.app.Product.ID, in, now)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{0, 2, 3}, got.SignIns[0].Counts); diff != "" {
		t.Error(diff)
	}
}

func TestSMSCostsAreShownWhereSharedAndWhenTheDayIsOver(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := storetest.Now
	silent := s.app.Operator
	silent.ID, silent.Ranges, silent.SMS.SharePrice = "op_silent", nil, false
	if err := s.db.PutOperator(t.Context(), silent); err != nil {
		t.Fatal(err)
	}
	unshared := s.tally(dialtone.TallySMSSegments, 500, now.AddDate(0, 0, -1))
	unshared.OperatorID = silent.ID
	s.Count(unshared)
	s.Count(s.tally(dialtone.TallySMSSegments, 100, now.AddDate(0, 0, -1)))
	// Today's would tell whether a number that was typed in a moment ago has a line.
	s.Count(s.tally(dialtone.TallySMSSegments, 1, now))
	s.flush()
	got, err := s.reports().Summary(t.Context(), s.developer(), s.app.Product.ID, traffic.LastDays(7, now), now)
	if err != nil {
		t.Fatal(err)
	}
	want := []traffic.SMSCost{{OperatorID: s.app.Operator.ID, OperatorName: "Fjord Mobile", Segments: 100, Cost: 4_500_000, Currency: "SEK"}}
	if diff := cmp.Diff(want, got.SMS); diff != "" {
		t.Error(diff)
	}
}

// TestNoFigureTellsWhetherOneNumberIsSomebodys: a developer asks for a number of somebody else, with any number of SMS to their own
// beside it, and looks when the day is over.
func TestNoFigureTellsWhetherOneNumberIsSomebodys(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now, today := storetest.Now, storetest.Now.UTC().Truncate(24*time.Hour)
	const days = 300
	shown := func(in traffic.Range) int64 {
		t.Helper()
		summary, err := s.reports().Summary(t.Context(), s.developer(), s.app.Product.ID, in, now)
		if err != nil {
			t.Fatal(err)
		}
		if len(summary.SMS) == 0 {
			return 0
		}
		return summary.SMS[0].Segments
	}
	oneDay := func(before int) traffic.Range {
		from := today.AddDate(0, 0, -before)
		return traffic.Range{From: from, To: from.AddDate(0, 0, 1), By: traffic.ByDay}
	}
	moved := 0
	for before := 1; before <= days; before++ {
		s.Count(s.tally(dialtone.TallySMSSegments, 49, today.AddDate(0, 0, -before)))
	}
	s.flush()
	first := make([]int64, days+1)
	for before := 1; before <= days; before++ {
		first[before] = shown(oneDay(before))
		s.Count(s.tally(dialtone.TallySMSSegments, 1, today.AddDate(0, 0, -before)))
	}
	s.flush()
	for before := 1; before <= days; before++ {
		second := shown(oneDay(before))
		if second%traffic.SMSStep != 0 {
			t.Fatalf("%d SMS are shown, which is no multiple of %d", second, traffic.SMSStep)
		}
		if second != first[before] {
			moved++
		}
	}
	if moved < 1 || moved > 20 { // one in fifty: 6 of 300
		t.Errorf("one SMS more moved the figure of %d of %d days", moved, days)
	}
	// Fifty a day are just that.
	if got := shown(traffic.LastDays(days, now)); got != 50*(days-1) {
		t.Errorf("%d SMS in all, want %d", got, 50*(days-1))
	}
	// Whoever chooses hours gets whole days only.
	noon := today.AddDate(0, 0, -2).Add(12 * time.Hour)
	if got := shown(traffic.Range{From: noon, To: noon.Add(6 * time.Hour), By: traffic.ByHour}); got != 0 {
		t.Errorf("a part of a day is shown with %d SMS", got)
	}
	if got := shown(traffic.Range{From: noon, To: noon.Add(36 * time.Hour), By: traffic.ByHour}); got != 50 {
		t.Errorf("one day and parts of others are shown with %d SMS, want 50", got)
	}
}

func TestRangesHaveBounds(t *testing.T) {
	t.Parallel()
	now := storetest.Now
	for _, c := range []struct {
		name     string
		from, to time.Time
		by       traffic.Step
		field    string
	}{
		{"two weeks by hour", now.AddDate(0, 0, -13), now, traffic.ByHour, ""},
		{"a month by hour", now.AddDate(0, -1, 0), now, traffic.ByHour, "from"},
		{"a year by day", now.AddDate(-1, 0, 0), now, traffic.ByDay, ""},
		{"two years by day", now.AddDate(-2, 0, 0), now, traffic.ByDay, "from"},
		{"a thousand years", now.AddDate(-1000, 0, 0), now, traffic.ByDay, "from"},
		{"backwards", now, now.AddDate(0, 0, -2), traffic.ByDay, "to"},
		{"by minute", now, now, "minute", "by"},
	} {
		_, err := traffic.NewRange(c.from, c.to, c.by)
		faults, _ := errors.AsType[dialtone.FieldErrors](err)
		if (err == nil) != (c.field == "") || c.field != "" && faults.Of(c.field) == "" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestTrafficIsReadByThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	f := s.refusal("", storetest.Now)
	s.Refused(f)
	s.flush()
	reports, now := s.reports(), storetest.Now
	for _, c := range []struct {
		name  string
		actor dialtone.Actor
		want  error
	}{
		{"a reader of traffic", s.developer(), nil},
		{"a key without the right", reader(s.app.Organization.ID, catalog.ReadProducts, catalog.ReadClients), dialtone.ErrForbidden},
		{"another organization", reader("org_elsewhere", catalog.ReadTraffic), dialtone.ErrNotFound},
		{"nobody", dialtone.Actor{}, dialtone.ErrNotFound},
	} {
		_, summary := reports.Summary(t.Context(), c.actor, s.app.Product.ID, traffic.LastDays(1, now), now)
		_, list := reports.FailedRequests(t.Context(), c.actor, s.app.Product.ID, traffic.FailureQuery{})
		_, one := reports.FailedRequest(t.Context(), c.actor, f.ID)
		_, week := reports.LastWeek(t.Context(), c.actor, s.app.Client.ID, now)
		for verb, err := range map[string]error{"Summary": summary, "FailedRequests": list, "FailedRequest": one, "LastWeek": week} {
			if !errors.Is(err, c.want) {
				t.Errorf("%s, %s: %v, want %v", c.name, verb, err, c.want)
			}
		}
	}
	for verb, err := range map[string]error{
		"Summary":        second(reports.Summary(t.Context(), s.developer(), "pr_none", traffic.LastDays(1, now), now)),
		"FailedRequests": second(reports.FailedRequests(t.Context(), s.developer(), "pr_none", traffic.FailureQuery{})),
		"FailedRequest":  second(reports.FailedRequest(t.Context(), s.developer(), "er_none")),
		"LastWeek":       second(reports.LastWeek(t.Context(), s.developer(), "cl_none", now)),
	} {
		if !errors.Is(err, dialtone.ErrNotFound) {
			t.Errorf("%s of what there is not: %v, want ErrNotFound", verb, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestFailedRequestsArePagedAndFiltered(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i, detail := range []string{"first", "second", "third"} {
		s.Refused(s.refusal(detail, storetest.Now.Add(time.Duration(i)*time.Second)))
	}
	other := s.refusal("other", storetest.Now.Add(time.Hour))
	other.ClientID = "cl_other"
	s.Refused(other)
	s.flush()
	read := func(q traffic.FailureQuery) (details []string, last traffic.Failure) {
		list, err := s.reports().FailedRequests(t.Context(), s.developer(), s.app.Product.ID, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if f.Hint == "" {
				t.Errorf("%s has no hint", f.ID)
			}
			details, last = append(details, f.Detail), f
		}
		return details, last
	}
	all, _ := read(traffic.FailureQuery{})
	if diff := cmp.Diff([]string{"other", "third", "second", "first"}, all); diff != "" {
		t.Error(diff)
	}
	page, last := read(traffic.FailureQuery{ClientID: s.app.Client.ID, Limit: 2})
	if diff := cmp.Diff([]string{"third", "second"}, page); diff != "" {
		t.Error(diff)
	}
	page, _ = read(traffic.FailureQuery{ClientID: s.app.Client.ID, Limit: 2, Before: last.At, BeforeID: last.ID})
	if diff := cmp.Diff([]string{"first"}, page); diff != "" {
		t.Error(diff)
	}
}

func TestLastWeekSaysWhatDeletingBreaks(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := storetest.Now
	empty, err := s.reports().LastWeek(t.Context(), s.developer(), s.app.Client.ID, now)
	if err != nil || empty.Busy() {
		t.Errorf("a client that did nothing: %+v, error %v", empty, err)
	}
	s.Count(s.tally(dialtone.TallySignInCompleted, 3, now.AddDate(0, 0, -6)))
	s.Count(s.tally(dialtone.TallyTokenIssued, 2, now))
	s.Count(s.tally(dialtone.TallyTokenRefreshed, 5, now.AddDate(0, 0, -1)))
	s.Count(s.tally(dialtone.TallyTokenIssued, 100, now.AddDate(0, 0, -8)))
	other := s.tally(dialtone.TallyTokenIssued, 1000, now)
	other.ClientID = "cl_other"
	s.Count(other)
	s.flush()
	got, err := s.reports().LastWeek(t.Context(), s.developer(), s.app.Client.ID, now)
	if err != nil {
		t.Fatal(err)
	}
	want := traffic.Week{SignIns: 3, TokensIssued: 2, TokensRefreshed: 5, LastSeen: now.Truncate(time.Hour)}
	if diff := cmp.Diff(want, got); diff != "" || !got.Busy() {
		t.Error(diff)
	}
}

func TestAProductWasAddedIfTheCountsSayItOrDoNotReachBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	now := storetest.Now
	added := func(now time.Time) bool {
		t.Helper()
		added, err := s.reports().EverAdded(t.Context(), s.developer(), s.app.Product.ID, now)
		if err != nil {
			t.Fatal(err)
		}
		return added
	}
	if added(now) {
		t.Error("a new product was added by nobody")
	}
	if !added(now.AddDate(2, 0, 0)) {
		t.Error("of what was two years ago nothing is known, so somebody may have added it")
	}
	s.Count(s.tally(dialtone.TallyConsentGranted, 1, now))
	s.flush()
	if !added(now) {
		t.Error("somebody added it")
	}
}
