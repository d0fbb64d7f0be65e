package traffic_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	counts "github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
	"github.com/dialtone-id/dialtone/internal/web/portal/traffic"
)

// stage is the room with an organization, its product and client, and somebody of another organization.
type stage struct {
	t            *testing.T
	db           *store.DB
	recorder     *counts.Recorder
	handler      http.Handler
	now          time.Time
	organization dialtone.Organization
	product      dialtone.Product
	client       dialtone.Client
	operator     dialtone.Operator
	kim, robin   string // cookies: a member, and somebody from elsewhere
}

// sessions finds sessions by their id: what account does with the cookie's secret is tested there.
type sessions struct{ db *store.DB }

func (s sessions) Session(ctx context.Context, cookie string, _ time.Time) (dialtone.AccountSession, dialtone.Account, error) {
	return s.db.AccountSession(ctx, cookie)
}

func newStage(t *testing.T) *stage {
	t.Helper()
	t.Parallel()
	db := storetest.New(t)
	s := &stage{t: t, db: db, recorder: counts.New(db, slog.New(slog.DiscardHandler)), now: storetest.Now, operator: storetest.NewApp(t, db).Operator}
	house := catalog.New(db)
	account, session := storetest.NewAccount(t, db)
	stranger, elsewhere := storetest.NewAccount(t, db)
	s.kim, s.robin = session.ID, elsewhere.ID
	actor := dialtone.Actor{AccountID: account.ID, Name: "Kim"}
	var err error
	s.organization, err = house.CreateOrganization(t.Context(), actor, "Example Apps", s.now)
	must(t, err)
	_, err = house.CreateOrganization(t.Context(), dialtone.Actor{AccountID: stranger.ID, Name: "Robin"}, "Elsewhere", s.now)
	must(t, err)
	s.product, err = house.CreateProduct(t.Context(), actor, s.organization.ID, catalog.ProductEdit{Name: "Weather"}, s.now)
	must(t, err)
	s.client, _, err = house.CreateClient(t.Context(), actor, s.product.ID, catalog.ClientEdit{
		Type: dialtone.ClientConfidential, SecretName: "one", ClientSettings: dialtone.ClientSettings{
			Description: "web server", RedirectURIs: []string{"https://example.com/callback"},
		},
	}, s.now)
	must(t, err)
	s.handler = s.routes(house)
	return s
}

func (s *stage) routes(house *catalog.Catalog) http.Handler {
	face, err := page.NewFace()
	must(s.t, err)
	front := &desk.Desk{
		Accounts: sessions{s.db}, Cookies: web.NewCookies("http://localhost:8081"), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return s.now },
	}
	room, err := traffic.New(traffic.Config{
		Desk: front, Face: face, Reports: &counts.Reports{Store: s.db, Catalog: house, Keys: storetest.Keys(s.t, "personal-1")}, Catalog: house,
	})
	must(s.t, err)
	front.Room, err = face.Room(fstest.MapFS{"templates/none.html": &fstest.MapFile{}})
	must(s.t, err)
	mux := http.NewServeMux()
	for pattern, handler := range map[string]desk.Handler{
		"GET /products/{product}/analytics":     room.ShowAnalytics,
		"GET /products/{product}/analytics.csv": room.DownloadAnalytics,
		"GET /products/{product}/requests":      room.ShowRequests,
		"GET /requests":                         room.FindRequest,
	} {
		mux.Handle(pattern, front.Signed(handler))
	}
	return mux
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *stage) get(cookie, address string) answer {
	s.t.Helper()
	request := httptest.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	request.AddCookie(&http.Cookie{Name: "portal_session", Value: cookie})
	recorded := httptest.NewRecorder()
	s.handler.ServeHTTP(recorded, request)
	body, err := io.ReadAll(recorded.Result().Body)
	must(s.t, err)
	return answer{recorded.Code, recorded.Result().Header, string(body)}
}

// analytics is the address of the tab with a query.
func (s *stage) analytics(query string) string {
	return "/products/" + s.product.ID + "/analytics" + query
}

func (s *stage) count(kind dialtone.TallyKind, n int64, at time.Time) {
	s.recorder.Count(dialtone.Tally{
		ProductID: s.product.ID, ClientID: s.client.ID, OperatorID: s.operator.ID, Kind: kind, Count: n, Hour: at,
	})
}

func (s *stage) refused(detail string, at time.Time) dialtone.FailedRequest {
	f := dialtone.FailedRequest{
		ID: secret.ID("er"), ProductID: s.product.ID, ClientID: s.client.ID, Endpoint: "authorize", Code: "invalid_request",
		Description: "redirect_uri is not registered for this client", Detail: detail, At: at,
	}
	s.recorder.Refused(f)
	return f
}

func (s *stage) flush() {
	s.t.Helper()
	must(s.t, s.recorder.Flush(s.t.Context()))
}
