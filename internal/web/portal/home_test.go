package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
)

func TestTheHomePageSaysHowEachProductStands(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	must(t, directory.EnsureSandbox(t.Context(), s.db, s.now))
	b := s.browser()
	b.signIn(ada)
	id := b.post("/organizations/new", "name", "Analytical Engines").path
	id, _, _ = strings.Cut(strings.TrimPrefix(id, "/organizations/"), "?")
	account, err := s.db.AccountByEmail(t.Context(), ada)
	must(t, err)
	actor := dialtone.Actor{AccountID: account.ID, Name: ada}
	quiet, err := s.catalog.CreateProduct(t.Context(), actor, id, catalog.ProductEdit{Name: "Quiet"}, s.now)
	must(t, err)
	busy, err := s.catalog.CreateProduct(t.Context(), actor, id, catalog.ProductEdit{Name: "Busy"}, s.now.Add(time.Second))
	must(t, err)
	_, err = s.catalog.Offer(t.Context(), actor, busy.ID, directory.SandboxOperatorID, s.now.Add(2*time.Second))
	must(t, err)
	for days, count := range map[int]int64{1: 20, 2: 3, 9: 1000} {
		must(t, s.db.AddTallies(t.Context(), []dialtone.Tally{{
			ProductID: busy.ID, ClientID: "client", OperatorID: directory.SandboxOperatorID, Kind: dialtone.TallySignInCompleted,
			Count: count, Hour: s.now.AddDate(0, 0, -days).Truncate(time.Hour),
		}}))
	}
	b.get("/").want(http.StatusOK, "enabled at 1 operator", "23 sign-ins in 7 days, the last on "+s.now.AddDate(0, 0, -1).Format("2 Jan 2006"),
		quiet.Name, "not offered yet", "no sign-in in 7 days")
}
