package catalog_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// stage is an organization with a member of each role, a product and a client, two operators, and somebody from another
// organization.
type stage struct {
	*catalog.Catalog
	db                                 *store.DB
	owner, developer, viewer, stranger dialtone.Actor
	accounts                           map[string]dialtone.Account // by id
	organization, elsewhere            dialtone.Organization
	product, foreign                   dialtone.Product
	client                             dialtone.Client
	secret                             secret.Text // of the client
}

const operators = `
operators:
  - {id: tundra, name: Tundra}
  - {id: fjord, name: Fjord Mobile, approval: automatic}
scopes:
  - {name: "sms.text:send", category: Messaging, developer: Send text messages., subscriber: {en: Send you text messages}}
`

func newStage(t *testing.T) *stage {
	t.Helper()
	db := storetest.New(t)
	s := &stage{Catalog: catalog.New(db), db: db, accounts: make(map[string]dialtone.Account)}
	put(t, s.Catalog, s.db, operators, now)
	must(t, db.PutOperator(t.Context(), dialtone.Operator{
		ID: "sandbox", Name: "Sandbox", Approval: dialtone.ApprovalAutomatic, Sandbox: true, Language: "en", Created: now, Updated: now,
	}))
	s.owner, s.developer, s.viewer, s.stranger = s.person(t), s.person(t), s.person(t), s.person(t)
	s.organization = get(s.CreateOrganization(t.Context(), s.owner, "Example Apps", now))(t)
	s.elsewhere = get(s.CreateOrganization(t.Context(), s.stranger, "Elsewhere", now))(t)
	s.join(t, s.developer, dialtone.RoleDeveloper)
	s.join(t, s.viewer, dialtone.RoleViewer)
	s.product = get(s.CreateProduct(t.Context(), s.owner, s.organization.ID, catalog.ProductEdit{Name: "Weather"}, now))(t)
	s.foreign = get(s.CreateProduct(t.Context(), s.stranger, s.elsewhere.ID, catalog.ProductEdit{Name: "Foreign"}, now))(t)
	var err error
	s.client, s.secret, err = s.CreateClient(t.Context(), s.developer, s.product.ID, webServer(), now)
	must(t, err)
	return s
}

// webServer is a client that can be created.
func webServer() catalog.ClientEdit {
	return catalog.ClientEdit{
		Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
			Description: "web server", RedirectURIs: []string{"https://example.com/callback"},
		},
	}
}

// person is somebody with an account.
func (s *stage) person(t *testing.T) dialtone.Actor {
	t.Helper()
	account, _ := storetest.NewAccount(t, s.db)
	s.accounts[account.ID] = account
	return dialtone.Actor{AccountID: account.ID, Name: account.Display()}
}

// join invites and accepts.
func (s *stage) join(t *testing.T, who dialtone.Actor, role dialtone.Role) {
	t.Helper()
	account := s.accounts[who.AccountID]
	invited := get(s.Invite(t.Context(), s.owner, s.organization.ID, account.Email, role, now))(t)
	if _, err := s.AcceptInvitation(t.Context(), who, account, invited.Link.Reveal(), now); err != nil {
		t.Fatal(err)
	}
}

// key returns an API key of the stage's organization as an actor.
func (s *stage) key(t *testing.T, rights ...catalog.Action) dialtone.Actor {
	t.Helper()
	edit := catalog.APIKeyEdit{Name: "deployment"}
	for _, right := range rights {
		edit.Rights = append(edit.Rights, string(right))
	}
	_, text, err := s.CreateAPIKey(t.Context(), s.owner, s.organization.ID, edit, now)
	must(t, err)
	return get(s.AuthenticateAPIKey(t.Context(), text.Reveal(), now))(t)
}

// log returns the actions in the organization's log, the newest first.
func (s *stage) log(t *testing.T) []dialtone.Activity {
	t.Helper()
	return get(s.Activities(t.Context(), s.owner, s.organization.ID, time.Time{}, "", catalog.MostActivities))(t)
}

// logged checks that the organization's log has a line of the action by the actor.
func (s *stage) logged(t *testing.T, actor dialtone.Actor, action string) dialtone.Activity {
	t.Helper()
	log := s.log(t)
	i := slices.IndexFunc(log, func(a dialtone.Activity) bool { return a.Action == action && a.ActorID == actor.ID() })
	if i < 0 {
		t.Fatalf("the log has no %s by %s: %+v", action, actor.Name, log)
	}
	return log[i]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get fails the test if there is no value.
func get[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return value
	}
}

func fails(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// wrong returns what is wrong with a field; the test fails if that is nothing.
func wrong(t *testing.T, err error, field string) string {
	t.Helper()
	var list dialtone.FieldErrors
	if !errors.As(err, &list) || list.Of(field) == "" {
		t.Errorf("got %v, want a problem at %s", err, field)
	}
	return list.Of(field)
}
