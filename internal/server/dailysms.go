package server

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// mostShown is how many operators' limits the metrics show one by one: each is a series. No
// identifier of an operator begins as othersLabel.
const (
	mostShown   = 100
	othersLabel = "_others"
)

// dailySMS are the limits of SMS a day, and how far they are used over all nodes.
type dailySMS struct {
	sent, limit       *prometheus.GaugeVec // by operator, of those that have a limit
	allSent, allLimit prometheus.Gauge
}

func newDailySMS() dailySMS {
	gauge := func(name, help string) prometheus.GaugeOpts { return prometheus.GaugeOpts{Name: name, Help: help} }
	return dailySMS{
		sent: prometheus.NewGaugeVec(gauge("dialtone_operator_sms_today",
			"SMS that all nodes sent today (UTC) for operators that have a daily limit; _others: those beyond the first hundred."), []string{"operator"}),
		limit:    prometheus.NewGaugeVec(gauge("dialtone_operator_sms_daily_limit", "Most SMS a day of operators that have a limit."), []string{"operator"}),
		allSent:  prometheus.NewGauge(gauge("dialtone_sms_today", "SMS that all nodes sent today (UTC) for all operators; counted where there is a limit.")),
		allLimit: prometheus.NewGauge(gauge("dialtone_sms_daily_limit", "Most SMS a day for all operators; 0: no limit.")),
	}
}

func (d dailySMS) collectors() []prometheus.Collector {
	return []prometheus.Collector{d.sent, d.limit, d.allSent, d.allLimit}
}

// watchDailySMS counts what was sent today against the limits, as of the last minute. The log tells at 50, 80 and 100 percent, when the SMS
// is sent that reaches it (signin).
func (s *Server) watchDailySMS(ctx context.Context, now time.Time) error {
	operators, err := s.catalog.Operators(ctx)
	if err != nil {
		return fmt.Errorf("count today's SMS: %w", err)
	}
	today, shown := now.UTC().Truncate(24*time.Hour), 0
	sent, limits := make(map[string]int), make(map[string]int)
	for _, o := range operators {
		if o.SMS.Daily == 0 || o.Sandbox {
			continue
		}
		label := o.ID
		if shown++; shown > mostShown {
			label = othersLabel
		}
		count, err := s.db.CountMessages(ctx, o.ID, today)
		if err != nil {
			return fmt.Errorf("count today's SMS: %w", err)
		}
		sent[label] += count
		limits[label] += o.SMS.Daily
	}
	d := s.metrics.dailySMS
	d.sent.Reset()
	d.limit.Reset()
	for label, limit := range limits {
		d.limit.WithLabelValues(label).Set(float64(limit))
		d.sent.WithLabelValues(label).Set(float64(sent[label]))
	}
	if s.config.DailySMSLimit > 0 {
		count, err := s.db.CountMessages(ctx, "", today)
		if err != nil {
			return fmt.Errorf("count today's SMS: %w", err)
		}
		d.allSent.Set(float64(count))
	}
	d.allLimit.Set(float64(s.config.DailySMSLimit))
	return nil
}
