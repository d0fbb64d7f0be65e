package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

// Traffic reads what clients did.
type Traffic interface {
	summaries
	failedRequests
}

type summaries interface {
	Summary(ctx context.Context, actor dialtone.Actor, productID string, in traffic.Range, now time.Time) (traffic.Summary, error)
}

func (a *API) analyticsOperations() {
	register(a, operation{
		id: "get-analytics", method: http.MethodGet, path: "/products/{product_id}/analytics", tag: tagTraffic,
		summary: "Get a product's analytics",
		description: "Sign-ins by outcome, consents, tokens and token errors, as one count for each day or hour in UTC, and the SMS cost at operators that share it. " +
			"By hour at most 14 days, by day at most 400. The last seconds may be missing.",
		right: catalog.ReadTraffic, status: http.StatusOK, problems: []Kind{kindNotFound},
		example: example{query: "from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&by=day"},
	}, a.getAnalytics)
}

type analyticsRequest struct {
	ProductPath
	From time.Time    `query:"from" doc:"In the first bucket; absent: 29 days before to, or by hour one day"`
	To   time.Time    `query:"to" doc:"In the last bucket; absent: now"`
	By   traffic.Step `query:"by" enum:"day,hour" default:"day" doc:"The width of a bucket"`
}

type analytics struct {
	From        time.Time   `json:"from" doc:"The start of the first bucket"`
	To          time.Time   `json:"to" doc:"The end of the last bucket"`
	By          string      `json:"by" enum:"day,hour"`
	Buckets     []time.Time `json:"buckets" nullable:"false" doc:"The start of each bucket: the order of all counts"`
	SignIns     []series    `json:"sign_ins" nullable:"false" doc:"By outcome"`
	Consents    []series    `json:"consents" nullable:"false"`
	Tokens      []series    `json:"tokens" nullable:"false"`
	TokenErrors []series    `json:"token_errors" nullable:"false" doc:"One for each OAuth error that occurred"`
	SMS         []smsCost   `json:"sms" nullable:"false" doc:"Of whole days that are over, at operators that share the price; each day rounded up or down to fifties"`
}

type series struct {
	Kind   dialtone.TallyKind `json:"kind"`
	Total  int64              `json:"total"`
	Counts []int64            `json:"counts" nullable:"false" doc:"One for each bucket"`
}

type smsCost struct {
	OperatorID string `json:"operator_id"`
	Segments   int64  `json:"segments"`
	CostMicros int64  `json:"cost_micros" doc:"In millionths of the currency's unit"`
	Currency   string `json:"currency" doc:"ISO 4217"`
}

type analyticsAnswer struct{ Body analytics }

func (a *API) getAnalytics(ctx context.Context, v *visit, in *analyticsRequest) (*analyticsAnswer, error) {
	if in.To.IsZero() {
		in.To = v.now
	}
	if in.From.IsZero() {
		in.From = in.To.AddDate(0, 0, -29)
		if in.By == traffic.ByHour {
			in.From = in.To.Add(-23 * time.Hour)
		}
	}
	stretch, err := traffic.NewRange(in.From, in.To, in.By)
	if err != nil {
		return nil, err
	}
	s, err := a.Traffic.Summary(ctx, v.actor, in.ProductID, stretch, v.now)
	if err != nil {
		return nil, err
	}
	return &analyticsAnswer{Body: showAnalytics(s)}, nil
}

func showAnalytics(s traffic.Summary) analytics {
	shown := analytics{
		From: s.Range.From, To: s.Range.To, By: string(s.Range.By), Buckets: s.Buckets,
		SignIns: showSeries(s.SignIns), Tokens: showSeries(s.Tokens), TokenErrors: showSeries(s.TokenErrors),
		Consents: showSeries([]traffic.Series{s.Consents.Granted, s.Consents.Updated, s.Consents.Revoked}),
		SMS:      make([]smsCost, len(s.SMS)),
	}
	for i, c := range s.SMS {
		shown.SMS[i] = smsCost{OperatorID: c.OperatorID, Segments: c.Segments, CostMicros: c.Cost, Currency: c.Currency}
	}
	return shown
}

func showSeries(list []traffic.Series) []series {
	shown := make([]series, len(list))
	for i, s := range list {
		shown[i] = series{Kind: s.Kind, Total: s.Total, Counts: s.Counts}
	}
	return shown
}
