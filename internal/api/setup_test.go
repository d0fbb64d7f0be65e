package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// TestAnOrganizationIsSetUpByTheAPIAlone goes from the organization to a client that works.
func TestAnOrganizationIsSetUpByTheAPIAlone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key(catalog.ReadOrganization, catalog.ReadProducts, catalog.WriteProducts, catalog.ReadClients, catalog.WriteClients)
	var made struct {
		ID     string
		Secret string `json:"client_secret"`
	}
	created := s.do(call{method: "POST", path: "/products", key: key, body: `{"name": "Tern Weather"}`}).want(http.StatusCreated).json(&made)
	productID := made.ID
	s.do(call{
		method: "PUT", path: "/products/" + productID + "/scopes", key: key, header: map[string]string{"If-Match": created.header.Get("ETag")},
		body: `{"scopes": [{"name": "openid"}, {"name": "phone"}, {"name": "offline_access"}]}`,
	}).want(http.StatusOK)
	offered := s.do(call{method: "POST", path: "/products/" + productID + "/listings", key: key, body: `{"operator_id": "sandbox"}`}).want(http.StatusOK)
	if !strings.Contains(offered.body, `"state":"enabled"`) {
		t.Errorf("the sandbox answered %s", offered.body)
	}
	s.do(call{
		method: "POST", path: "/products/" + productID + "/clients", key: key,
		body: `{"description": "this is a test", "redirect_uris": ["https://example.com/callback"], "post_revoke_redirect_uris": ["https://example.com/revoke"]}`,
	}).want(http.StatusCreated).json(&made)

	registration, err := s.catalog.Registration(t.Context(), made.ID)
	s.must(err)
	if !registration.EnabledAt("sandbox") || len(registration.Product.Scopes) != 3 || registration.Organization.ID != s.developer.Organization.ID {
		t.Errorf("registration %+v", registration)
	}
	if !s.catalog.AuthenticateSecret(registration, made.Secret, s.clock()) {
		t.Error("the secret of the answer is not the client's")
	}
	var rotated struct {
		Secret string `json:"client_secret"`
	}
	secretID := registration.Client.Secrets[0].ID
	s.do(call{method: "POST", path: "/clients/" + made.ID + "/secrets/" + secretID + "/rotate", key: key, body: `{"overlap_seconds": 3600}`}).
		want(http.StatusCreated).json(&rotated)
	registration, err = s.catalog.Registration(t.Context(), made.ID)
	s.must(err)
	for _, text := range []string{made.Secret, rotated.Secret} {
		if !s.catalog.AuthenticateSecret(registration, text, s.clock()) {
			t.Error("in the overlap both secrets work, but one does not")
		}
	}
}

func TestInvitationsAreMailedAndTheirLinkIsNotAnswered(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	got := s.do(call{method: "POST", path: "/invitations", key: s.key(), body: `{"email": "Sasha@Tern.example", "role": "developer"}`}).want(http.StatusCreated)
	if len(s.post.sent) != 1 || s.post.sent[0].Invitation.Email != "sasha@tern.example" {
		t.Fatalf("mailed %+v", s.post.sent)
	}
	_, linkSecret, _ := strings.Cut(s.post.sent[0].Link.Reveal(), ".")
	if linkSecret == "" || strings.Contains(got.body, linkSecret) {
		t.Errorf("the link's secret is in the answer: %s", got.body)
	}
}

func TestAnInvitationIsSentAgainWhenTheMailServerIsBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	invite := call{
		method: "POST", path: "/invitations", key: s.key(), body: `{"email": "sasha@tern.example", "role": "developer"}`,
		header: map[string]string{"Idempotency-Key": "one"},
	}
	s.post.away = errors.Join(dialtone.ErrUnavailable, errors.New("mail.tern.example refused the connection"))
	got := s.do(invite).want(http.StatusServiceUnavailable)
	got.problem("unavailable")
	if strings.Contains(got.body, "mail.tern.example") || got.header.Get("Retry-After") == "" {
		t.Errorf("%s", got.body)
	}
	s.post.away = nil
	s.do(invite).want(http.StatusCreated)
	list := s.do(call{method: "GET", path: "/invitations", key: invite.key}).want(http.StatusOK)
	if open := strings.Count(list.body, `"email":"sasha@tern.example","role":"developer","state":"open"`); open != 1 || len(s.post.sent) != 1 {
		t.Errorf("%d mails, and %d open invitations: %s", len(s.post.sent), open, list.body)
	}
}

func TestAPublicClientHasNoSecret(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	got := s.do(call{
		method: "POST", path: "/products/" + s.developer.Product.ID + "/clients", key: s.key(),
		body: `{"description": "App", "type": "public", "redirect_uris": ["com.example.app:/callback"]}`,
	}).want(http.StatusCreated)
	if strings.Contains(got.body, "client_secret\"") || !strings.Contains(got.body, `"auth_method":"`+string(dialtone.AuthNone)) {
		t.Errorf("%s", got.body)
	}
}
