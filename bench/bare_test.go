package main

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startBare serves the bare server on a fresh SQLite database and returns its host:port.
func startBare(t *testing.T, sizes map[step]size) string {
	t.Helper()
	db, err := openBareDB(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "bare.db"))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := newBare(db, sizes)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		if err := db.close(); err != nil {
			t.Error(err)
		}
	})
	return strings.TrimPrefix(server.URL, "http://")
}

func TestEveryOperationWorksOnTheBareServer(t *testing.T) {
	a, err := seat(startBare(t, nil), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer a.leave()
	for _, o := range operations {
		results, err := burst([]group{{o, a.visitors}}, times{measuring: 50 * time.Millisecond})
		if err != nil {
			t.Error(err)
			continue
		}
		if m := results[0]; m.rate <= 0 || m.p50 <= 0 || m.p99 < m.p50 {
			t.Errorf("%s: measured %+v", o.name, m)
		}
	}
}

func TestTheBareServerAnswersInTheGivenSize(t *testing.T) {
	want := map[step]size{
		stepIntrospect:  {Body: 700},
		stepAuthorize:   {Location: 600},
		stepNumberPage:  {Body: 5000},
		stepConsentPage: {Body: 6000},
		stepRedeem:      {Body: 900},
	}
	a, err := seat(startBare(t, want), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer a.leave()
	got, err := a.rehearse()
	if err != nil {
		t.Fatal(err)
	}
	for s, w := range want {
		if got[s] != w {
			t.Errorf("%s: answered in %+v, want %+v", s, got[s], w)
		}
	}
	if len(got) != 14 {
		t.Errorf("%d steps were rehearsed, want all 14: %v", len(got), got)
	}
}

func TestAWrongAnswerEndsTheMeasurement(t *testing.T) {
	a, err := seat(startBare(t, nil), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer a.leave()
	a.visitors[0].access = []string{"never-issued"}
	if _, err := burst([]group{{operationNamed(introspection), a.visitors}}, times{measuring: 20 * time.Millisecond}); err == nil || !strings.Contains(err.Error(), "status 500") {
		t.Errorf("got %v, want an error that names the status", err)
	}
}
