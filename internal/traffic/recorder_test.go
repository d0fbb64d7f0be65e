package traffic_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func TestCountsAreAddedUpByTheHour(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	hour := storetest.Now.Truncate(time.Hour)
	s.Count(s.tally(dialtone.TallyTokenIssued, 1, hour))
	s.Count(s.tally(dialtone.TallyTokenIssued, 2, hour.Add(time.Hour-1)))
	s.Count(s.tally(dialtone.TallyTokenIssued, 4, hour.Add(time.Hour)))
	s.Count(s.tally(dialtone.TallySMSSegments, 8, hour))
	s.flush()
	s.Count(s.tally(dialtone.TallyTokenIssued, 16, hour.Add(time.Minute)))
	s.flush()
	s.flush() // nothing is written twice

	got, err := s.db.Tallies(t.Context(), s.app.Product.ID, hour, hour.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	want := []dialtone.Tally{
		s.tally(dialtone.TallySMSSegments, 8, hour), s.tally(dialtone.TallyTokenIssued, 19, hour),
		s.tally(dialtone.TallyTokenIssued, 4, hour.Add(time.Hour)),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoCountIsLostBetweenCountingAndWriting(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const counters, each = 8, 2000
	var counting sync.WaitGroup
	for range counters {
		counting.Go(func() {
			for range each {
				s.Count(s.tally(dialtone.TallyTokenIssued, 1, storetest.Now))
			}
		})
	}
	done := make(chan struct{})
	go func() { counting.Wait(); close(done) }()
	for flushes := 0; ; flushes++ {
		s.away.Store(flushes%2 == 1) // every second write fails
		if err := s.Flush(t.Context()); err != nil && !errors.Is(err, dialtone.ErrUnavailable) {
			t.Fatal(err)
		}
		select {
		case <-done:
		default:
			continue
		}
		break
	}
	s.away.Store(false)
	s.flush()
	if got := s.counted(dialtone.TallyTokenIssued); got != counters*each {
		t.Errorf("%d of %d counts were written", got, counters*each)
	}
}

func TestWhatCouldNotBeWrittenIsWrittenLater(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	// More keys than go into one transaction.
	for i := range 1200 {
		tally := s.tally(dialtone.TallyTokenIssued, 1, storetest.Now)
		tally.ClientID = fmt.Sprint("cl_", i)
		s.Count(tally)
	}
	first := s.refusal("first", storetest.Now)
	s.Refused(first)
	s.away.Store(true)
	if err := s.Flush(t.Context()); !errors.Is(err, dialtone.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	second := s.refusal("second", storetest.Now.Add(time.Second))
	s.Refused(second)
	s.away.Store(false)
	s.flush()
	if got := s.counted(dialtone.TallyTokenIssued); got != 1200 {
		t.Errorf("%d of 1200 counts were written", got)
	}
	if diff := cmp.Diff([]dialtone.FailedRequest{second, first}, s.kept()); diff != "" {
		t.Error(diff)
	}
}

func TestAClientThatFailsInALoopDoesNotHideTheOthers(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 5000 {
		s.Refused(s.refusal(fmt.Sprint("loop ", i), storetest.Now))
	}
	other := s.refusal("other", storetest.Now)
	other.ClientID = "cl_other"
	s.Refused(other)
	s.flush()
	byClient := make(map[string]int)
	for _, f := range s.kept() {
		byClient[f.ClientID]++
	}
	if diff := cmp.Diff(map[string]int{s.app.Client.ID: 100, "cl_other": 1}, byClient); diff != "" {
		t.Error(diff)
	}
	if log := s.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "dropped=4900") {
		t.Errorf("log: %s", log)
	}
	// The next time there is room again.
	s.Refused(s.refusal("later", storetest.Now.Add(time.Minute)))
	s.flush()
	if kept := s.kept(); len(kept) != 102 || kept[0].Detail != "later" {
		t.Errorf("%d are kept, the newest is %q", len(kept), kept[0].Detail)
	}
}

func TestTheBufferOfRefusalsHasAnEnd(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.away.Store(true)
	for range 3 { // a database that stays away
		for i := range 20 {
			for range 100 {
				f := s.refusal("", storetest.Now)
				f.ClientID = fmt.Sprint("cl_", i)
				s.Refused(f)
			}
		}
		if err := s.Flush(t.Context()); !errors.Is(err, dialtone.ErrUnavailable) {
			t.Fatalf("got %v, want ErrUnavailable", err)
		}
	}
	s.away.Store(false)
	s.flush()
	if got := len(s.kept()); got != 1000 {
		t.Errorf("%d are kept, want 1000", got)
	}
}

func TestARefusalWithoutAClientIsNobodys(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	f := s.refusal("", storetest.Now)
	f.ClientID = ""
	s.Refused(f)
	f = s.refusal("", storetest.Now)
	f.ID = ""
	s.Refused(f)
	s.flush()
	if kept := s.kept(); len(kept) != 0 {
		t.Errorf("kept: %v", kept)
	}
}

func TestNothingPersonalIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, personal := range []string{
		"+46701740605", "46701740605", "0701740605", "+46 70 174 06 05", "070-174 06 05", "(070) 1740605", "%2B46701740605", "tel:+46701740605",
		"kim@example.com", "kim%40example.com", "mailto:kim@example.com", "Kim.Larsen+x@mail.example.com",
		"a0Xk3PqLm29ZtY7wVb4sRd", "dt_at_Zk3PqLm29ZtY7wVb4sRdxx", "8f14e45fceea167a5a36dedd4bea2543",
	} {
		f := s.refusal("the scope '"+personal+"' differs", storetest.Now)
		f.Description = "the scope '" + personal + "' is unknown"
		s.Refused(f)
		s.flush()
		got, err := s.db.FailedRequest(t.Context(), f.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{got.Description, got.Detail} {
			for _, piece := range []string{"1740605", "06 05", "kim", "Kim", "Larsen", "PqLm29", "fceea167"} {
				if strings.Contains(text, piece) {
					t.Errorf("%s is kept as %q", personal, text)
				}
			}
			if !strings.Contains(text, "the scope '") {
				t.Errorf("%s: nothing is left: %q", personal, text)
			}
		}
	}
}

func TestWordsThatExplainAreKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, words := range []string{
		"redirect_uri differs from the registered one at character 24: 'callback-of-our-web-site' instead of 'callback'",
		"redirect_uri goes on after the end of the registered one at character 21: ':8443/?user=***'",
		"code_challenge_method is missing; the port 49152 of 127.0.0.1 is not registered",
	} {
		f := s.refusal(words, storetest.Now)
		s.Refused(f)
		s.flush()
		if got, err := s.db.FailedRequest(t.Context(), f.ID); err != nil || got.Detail != words {
			t.Errorf("%q is kept as %q, error %v", words, got.Detail, err)
		}
	}
	f := s.refusal(strings.Repeat("long ", 1000), storetest.Now)
	s.Refused(f)
	s.flush()
	if got, err := s.db.FailedRequest(t.Context(), f.ID); err != nil || len(got.Detail) > 410 {
		t.Errorf("%d bytes are kept of a long text, error %v", len(got.Detail), err)
	}
}
