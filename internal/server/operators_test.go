package server

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
)

// An operator whose route a node does not have loses every SMS there.
func TestAnOperatorWithoutARouteIsToldAtTheStart(t *testing.T) {
	t.Parallel()
	c, ctx := onThisMachine(t), t.Context()
	c.SMSRoutes = map[string]message.HTTPConfig{"main": {URL: "https://sms.example.com/"}}
	start := func() (*Server, *bytes.Buffer) {
		t.Helper()
		log := new(bytes.Buffer)
		s, err := New(ctx, c, slog.New(slog.NewTextHandler(log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		return s, log
	}
	metrics := func(s *Server) string {
		page := httptest.NewRecorder()
		s.metrics.handler().ServeHTTP(page, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return page.Body.String()
	}
	s, log := start()
	for id, route := range map[string]string{"fjord": "mian", "north": "main", "silent": ""} {
		o := dialtone.Operator{ID: id, Name: id, Approval: dialtone.ApprovalManual, SMS: dialtone.SMSRoute{Route: route}}
		if err := s.catalog.PutOperator(ctx, o, clock()); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(log.String(), "cannot serve") {
		t.Errorf("a warning before there was an operator: %s", log)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s, log = start()
	t.Cleanup(func() { _ = s.Close() })
	for range 2 {
		if err := s.watchOperators(ctx, clock()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "cannot serve"); n != 1 || !strings.Contains(log.String(), "operator=fjord") || !strings.Contains(log.String(), "mian") {
		t.Errorf("%d warnings: %s", n, log)
	}
	const series = `dialtone_operator_route_unknown{operator="fjord"} 1`
	if got := metrics(s); strings.Count(got, "dialtone_operator_route_unknown{") != 1 || !strings.Contains(got, series) {
		t.Errorf("the metrics have not just %s:\n%s", series, got)
	}

	mended := dialtone.Operator{ID: "fjord", Name: "fjord", Approval: dialtone.ApprovalManual, SMS: dialtone.SMSRoute{Route: "main"}}
	if err := s.catalog.PutOperator(ctx, mended, clock().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := s.watchOperators(ctx, clock()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(metrics(s), "dialtone_operator_route_unknown{") {
		t.Error("the mended operator is still in the metrics")
	}
}
