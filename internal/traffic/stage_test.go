package traffic_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

// stage is a recorder on a real database that can be away.
type stage struct {
	*traffic.Recorder
	t    *testing.T
	db   *store.DB
	away atomic.Bool
	log  bytes.Buffer
	app  storetest.App
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, db: storetest.New(t)}
	s.app = storetest.NewApp(t, s.db)
	s.Recorder = traffic.New(s, slog.New(slog.NewTextHandler(&s.log, nil)))
	return s
}

func (s *stage) AddTallies(ctx context.Context, list []dialtone.Tally) error {
	if s.away.Load() {
		return dialtone.ErrUnavailable
	}
	return s.db.AddTallies(ctx, list)
}

func (s *stage) PutFailedRequests(ctx context.Context, list []dialtone.FailedRequest) error {
	if s.away.Load() {
		return dialtone.ErrUnavailable
	}
	return s.db.PutFailedRequests(ctx, list)
}

func (s *stage) flush() {
	s.t.Helper()
	if err := s.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// tally is something that the app's client did at its operator.
func (s *stage) tally(kind dialtone.TallyKind, n int64, at time.Time) dialtone.Tally {
	return dialtone.Tally{
		ProductID: s.app.Product.ID, ClientID: s.app.Client.ID, OperatorID: s.app.Operator.ID, Kind: kind, Count: n, Hour: at,
	}
}

func (s *stage) refusal(detail string, at time.Time) dialtone.FailedRequest {
	return dialtone.FailedRequest{
		ID: secret.ID("er"), ProductID: s.app.Product.ID, ClientID: s.app.Client.ID, Endpoint: "authorize", Code: "invalid_request",
		Description: "redirect_uri is not registered for this client", Detail: detail, At: at,
	}
}

// counted returns the sum of the app's rows of a kind.
func (s *stage) counted(kind dialtone.TallyKind) int64 {
	s.t.Helper()
	list, err := s.db.Tallies(s.t.Context(), s.app.Product.ID, time.Unix(0, 0), storetest.Now.AddDate(1, 0, 0))
	if err != nil {
		s.t.Fatal(err)
	}
	sum := int64(0)
	for _, t := range list {
		if t.Kind == kind {
			sum += t.Count
		}
	}
	return sum
}

func (s *stage) kept() []dialtone.FailedRequest {
	s.t.Helper()
	list, err := s.db.FailedRequests(s.t.Context(), s.app.Product.ID, "", time.Time{}, "", 2000)
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func (s *stage) reports() *traffic.Reports {
	return &traffic.Reports{Store: s.db, Catalog: catalog.New(s.db), Keys: storetest.Keys(s.t, "personal-1")}
}

// reader is an API key of an organization with these rights.
func reader(organizationID string, rights ...catalog.Action) dialtone.Actor {
	actor := dialtone.Actor{APIKeyID: "key_1", OrganizationID: organizationID, Name: "build server"}
	for _, right := range rights {
		actor.Rights = append(actor.Rights, string(right))
	}
	return actor
}

// developer may read the app's traffic.
func (s *stage) developer() dialtone.Actor { return reader(s.app.Organization.ID, catalog.ReadTraffic) }
