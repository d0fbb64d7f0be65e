package main

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestTheDemosPastFitsTogether(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC)
	p := demo{}.past(now)
	sums, days := make(map[dialtone.TallyKind]int64), make(map[int]bool)
	for _, tally := range p.Tallies {
		if tally.Hour.After(now) || tally.Count <= 0 || tally.ProductID != productID {
			t.Fatalf("%+v", tally)
		}
		sums[tally.Kind] += tally.Count
		days[tally.Hour.YearDay()] = true
	}
	outcomes := sums[dialtone.TallySignInCompleted] + sums[dialtone.TallySignInDenied] + sums[dialtone.TallySignInFailed]
	if started := sums[dialtone.TallySignInStarted]; len(days) != pastDays+1 || started < 1000 || outcomes > started {
		t.Errorf("%d days, %d started, %d with an outcome", len(days), started, outcomes)
	}
}

func TestTheDemoHasAPastOnce(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for range 2 {
		_, _, stop := startDemo(t, folder)
		stop()
	}
	file, err := sql.Open("sqlite", filepath.Join(folder, "dialtone.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM member WHERE organization_id = 'org_demo'`: 3, `SELECT COUNT(*) FROM failed_request`: 5,
	} {
		var count int
		if err := file.QueryRowContext(t.Context(), query).Scan(&count); err != nil || count != want {
			t.Errorf("%s: %d, %v", query, count, err)
		}
	}
}
