package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func (m *metrics) text() string {
	page := httptest.NewRecorder()
	m.handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return page.Body.String()
}

// TestOperatorsReadWhatEachBudgetIs: an alarm says no more than the name.
func TestOperatorsReadWhatEachBudgetIs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operate/sign-in-limits.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := newMetrics().text()
	for _, name := range dialtone.BudgetNames {
		if !strings.Contains(string(page), "`"+string(name)+"`") {
			t.Errorf("sign-in-limits.md does not explain %s", name)
		}
		metric := "dialtone_budget_refusals_total"
		if name.Lengthens() {
			metric = "dialtone_long_codes_total"
		}
		if series := fmt.Sprintf("%s{budget=%q} 0\n", metric, name); !strings.Contains(shown, series) {
			t.Errorf("the metrics do not have %s", series)
		}
	}
}

// TestABudgetThatRefusesIsCounted: what the store refuses, and what a face refuses.
func TestABudgetThatRefusesIsCounted(t *testing.T) {
	t.Parallel()
	s, err := New(t.Context(), onThisMachine(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	budgets := []dialtone.Budget{{Key: dialtone.BudgetIcons.Of("org"), Limits: []dialtone.Limit{{Count: 1, Window: time.Hour}}}}
	for range 3 {
		_ = s.db.Spend(t.Context(), budgets, clock())
	}
	if got, want := s.metrics.text(), `dialtone_budget_refusals_total{budget="icons"} 2`; !strings.Contains(got, want) {
		t.Errorf("the metrics do not have %s:\n%s", want, got)
	}
}

func TestTheDailyLimitOfAnOperatorShowsHowFarItIsUsed(t *testing.T) {
	t.Parallel()
	c, ctx := onThisMachine(t), t.Context()
	c.DailySMSLimit = 1000
	s, err := New(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for i := range mostShown + 3 {
		o := dialtone.Operator{ID: fmt.Sprintf("op-%03d", i), Name: "Operator", Approval: dialtone.ApprovalManual}
		if o.SMS.Daily = 10; i == 0 {
			o.SMS.Daily = 0
		}
		if err := s.catalog.PutOperator(ctx, o, clock()); err != nil {
			t.Fatal(err)
		}
	}
	at := clock()
	for i, operator := range []string{"op-000", "op-001", "op-001", "op-102"} {
		sent := dialtone.SMSMessage{ID: fmt.Sprint("sms", i), OperatorID: operator, State: dialtone.SMSSent, Created: at, Updated: at}
		if err := s.db.PutMessage(ctx, sent); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.watchDailySMS(ctx, at); err != nil {
		t.Fatal(err)
	}
	shown := s.metrics.text()
	for _, series := range []string{
		`dialtone_operator_sms_today{operator="op-001"} 2`, `dialtone_operator_sms_daily_limit{operator="op-001"} 10`,
		`dialtone_operator_sms_today{operator="_others"} 1`, `dialtone_operator_sms_daily_limit{operator="_others"} 20`,
		"dialtone_sms_today 4", "dialtone_sms_daily_limit 1000",
	} {
		if !strings.Contains(shown, series+"\n") {
			t.Errorf("the metrics do not have %s", series)
		}
	}
	if n := strings.Count(shown, "dialtone_operator_sms_today{"); n != mostShown+1 {
		t.Errorf("%d series, want %d", n, mostShown+1)
	}
}
