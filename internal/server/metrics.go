package server

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// metrics counts requests. It has a registry of its own, so that nothing a library registers gets in.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	bounded  *prometheus.CounterVec
	budgets  *dialtone.BudgetCounts

	routeUnknown *prometheus.GaugeVec
	dailySMS     dailySMS
}

func newMetrics() *metrics {
	m := &metrics{
		registry:     prometheus.NewRegistry(),
		budgets:      dialtone.NewBudgetCounts(),
		routeUnknown: newRouteUnknown(),
		dailySMS:     newDailySMS(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "dialtone_http_request_duration_seconds",
			Help:    "Requests by listener, route and class of status; gone: the caller hung up.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"listener", "route", "status"}),
		bounded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dialtone_connections_bounded_total",
			Help: "Connections that a bound ended or kept out, by the bound and what was done.",
		}, []string{"bound", "done"}),
	}
	m.registry.MustRegister(m.requests, m.bounded, m.routeUnknown, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(m.dailySMS.collectors()...)
	m.watchBudgets()
	return m
}

// watchBudgets shows how often each budget bit, those that never did as well.
func (m *metrics) watchBudgets() {
	for _, name := range dialtone.BudgetNames {
		opts := prometheus.CounterOpts{
			Name:        "dialtone_budget_refusals_total",
			Help:        "What was refused because a budget was used up, by budget; docs/operate/sign-in-limits.md explains each.",
			ConstLabels: prometheus.Labels{"budget": string(name)},
		}
		if name.Lengthens() {
			opts.Name, opts.Help = "dialtone_long_codes_total", "PINs and e-mail codes of 8 digits, by the budget of wrong tries that was used up."
		}
		m.registry.MustRegister(prometheus.NewCounterFunc(opts, func() float64 { return float64(m.budgets.Of(name)) }))
	}
}

// observe counts one request. The route is the mux's pattern, of which there are few; a path could be anything.
func (m *metrics) observe(listener, route, outcome string, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(listener, route, outcome).Observe(took.Seconds())
}

func statusClass(status int) string {
	switch {
	case status >= 500:
		return "5xx"
	case status >= 400:
		return "4xx"
	case status >= 300:
		return "3xx"
	}
	return "2xx"
}

// watch shows how many connections are open, and how many may be.
func (m *metrics) watch(c *connections) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "dialtone_connections_open", Help: "Connections to all listeners."}, c.count),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "dialtone_connections_limit", Help: "Most connections to all listeners."},
			func() float64 { return float64(c.most) }),
	)
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
