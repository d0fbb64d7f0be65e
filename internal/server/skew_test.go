package server

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// A node whose clock is years ahead takes everything for expired.
func TestAClockYearsAheadDeletesNothing(t *testing.T) {
	t.Parallel()
	s, err := New(t.Context(), onThisMachine(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	ctx, now, spent := t.Context(), clock(), secret.ID("at")
	if err := s.db.SpendToken(ctx, spent, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	before := len(s.keyring.List())
	run := func(at time.Time) (faults int) {
		for _, task := range s.tasks() {
			if task.name != "delete expired rows" && task.name != "rotate keys" {
				continue
			}
			if err := task.do(ctx, at); errors.Is(err, dialtone.ErrForbidden) {
				faults++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return faults
	}
	for _, off := range []time.Duration{3 * 365 * 24 * time.Hour, -3 * 365 * 24 * time.Hour, 11 * time.Minute} {
		if faults := run(now.Add(off)); faults != 2 {
			t.Errorf("with a clock that is %s off %d of the two tasks were refused", off, faults)
		}
		page := httptest.NewRecorder()
		s.metrics.handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		sign := "\ndialtone_clock_ahead_seconds "
		if off < 0 {
			sign += "-"
		}
		if answer := ask(s.readyz); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), "clock") {
			t.Errorf("ready with a clock that is %s off: %d %q", off, answer.Code, answer.Body)
		}
		if !strings.Contains(page.Body.String(), sign) || strings.Contains(page.Body.String(), sign+"0") {
			t.Errorf("a clock that is %s off does not show in the metrics", off)
		}
	}
	if there, err := s.db.TokenSpent(ctx, spent); err != nil || !there {
		t.Errorf("a live row is gone: %v, %v", there, err)
	}
	if got := len(s.keyring.List()); got != before {
		t.Errorf("%d keys became %d", before, got)
	}
	if faults := run(now.Add(5 * time.Minute)); faults != 0 {
		t.Error("five minutes are too much already")
	}
	if answer := ask(s.readyz); answer.Code != http.StatusOK || answer.Body.String() != "ready\n" {
		t.Errorf("ready: %d %q", answer.Code, answer.Body)
	}
}

// `dialtone keys rotate` compares as the nodes do.
func TestClocksAreComparedBeforeAKeyIsMadeByHand(t *testing.T) {
	t.Parallel()
	s, err := New(t.Context(), onThisMachine(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := CompareClocks(t.Context(), s.db, clock()); err != nil {
		t.Errorf("a right clock: %v", err)
	}
	for _, off := range []time.Duration{3 * 365 * 24 * time.Hour, -11 * time.Minute} {
		ahead, err := CompareClocks(t.Context(), s.db, clock().Add(off))
		if !errors.Is(err, dialtone.ErrForbidden) || (ahead-off).Abs() > time.Minute {
			t.Errorf("%s off: %s, %v", off, ahead, err)
		}
	}
}
