package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type clients interface {
	Clients(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Client, error)
	Client(ctx context.Context, actor dialtone.Actor, clientID string) (dialtone.Client, dialtone.Product, dialtone.Role, error)
	CreateClient(ctx context.Context, actor dialtone.Actor, productID string, edit catalog.ClientEdit, now time.Time) (dialtone.Client, secret.Text, error)
	SaveClient(ctx context.Context, actor dialtone.Actor, clientID string, edit catalog.ClientEdit, seen, now time.Time) (dialtone.Client, error)
	ChangeClient(ctx context.Context, actor dialtone.Actor, clientID string, change func(*catalog.ClientEdit), seen, now time.Time) (dialtone.Client, error)
	DeleteClient(ctx context.Context, actor dialtone.Actor, clientID string, now time.Time) error
}

func (a *API) clientOperations() {
	register(a, operation{
		id: "list-clients", method: http.MethodGet, path: "/products/{product_id}/clients", tag: tagClients,
		summary: "List a product's clients", description: "The newest first, without secrets. A product has at most 200.",
		right: catalog.ReadClients, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.listClients)
	register(a, operation{
		id: "create-client", method: http.MethodPost, path: "/products/{product_id}/clients", tag: tagClients,
		summary: "Create a client",
		description: "The answer holds the client secret, this once: keep it. A public client, as an app on a phone is, gets none. " +
			"With an Idempotency-Key, a repetition within 24 hours gets the same secret again.",
		right: catalog.WriteClients, status: http.StatusCreated, problems: []Kind{kindNotFound, kindConflict},
		example: example{body: `{
  "description": "this is a test",
  "redirect_uris": ["https://example.com/callback"],
  "post_revoke_redirect_uris": ["https://example.com/revoke"]
}`},
	}, a.createClient)
	register(a, operation{
		id: "get-client", method: http.MethodGet, path: "/clients/{client_id}", tag: tagClients,
		summary: "Get a client", description: "The client without its secrets.",
		right: catalog.ReadClients, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.getClient)
	register(a, operation{
		id: "update-client", method: http.MethodPut, path: "/clients/{client_id}", tag: tagClients,
		summary: "Update a client", description: "Replaces the whole client: a list that is not sent is emptied. The type of a client cannot change. Secrets stay.",
		right: catalog.WriteClients, status: http.StatusOK, problems: []Kind{kindNotFound, kindChanged, kindPrecondition},
		example: example{body: `{
  "description": "Web app",
  "redirect_uris": ["https://example.com/callback", "http://localhost:3000/callback"],
  "post_revoke_redirect_uris": ["https://example.com/revoke"],
  "post_logout_redirect_uris": ["https://example.com/"]
}`},
	}, a.updateClient)
	register(a, operation{
		id: "change-client", method: http.MethodPatch, path: "/clients/{client_id}", tag: tagClients,
		summary:     "Change a part of a client",
		description: "A member that is absent stays as it is; null and an empty list empty it. The body may be application/merge-patch+json, too.",
		right:       catalog.WriteClients, status: http.StatusOK, problems: []Kind{kindNotFound, kindChanged, kindPrecondition},
		example: example{body: `{"post_logout_redirect_uris": null}`},
	}, a.changeClient)
	register(a, operation{
		id: "delete-client", method: http.MethodDelete, path: "/clients/{client_id}", tag: tagClients,
		summary: "Delete a client", description: "Its secrets and tokens stop working at once, and nobody can sign in through it any more. There is no way back.",
		right: catalog.WriteClients, status: http.StatusNoContent, problems: []Kind{kindNotFound},
	}, a.deleteClient)
}

// Client is a client on the wire.
type Client struct {
	ID        string              `json:"id" doc:"The client_id of OAuth"`
	ProductID string              `json:"product_id"`
	Type      dialtone.ClientType `json:"type" enum:"confidential,public"`
	ClientSettings
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// ClientSettings is dialtone.ClientSettings on the wire: the compiler compares the two.
type ClientSettings struct {
	Description            string              `json:"description" doc:"What tells it from the product's other clients"`
	AuthMethod             dialtone.AuthMethod `json:"auth_method,omitempty" enum:"client_secret_basic,client_secret_post,none" doc:"At the token endpoint. Absent: client_secret_basic, or none for a public client"`
	RedirectURIs           []string            `json:"redirect_uris,omitzero" nullable:"false" doc:"Where sign-in may lead back to: https, or http to this machine, or an app's own scheme. Compared byte by byte"`
	PostRevokeRedirectURIs []string            `json:"post_revoke_redirect_uris,omitzero" nullable:"false" doc:"Where the page behind a revoke link may lead back to"`
	PostLogoutRedirectURIs []string            `json:"post_logout_redirect_uris,omitzero" nullable:"false" doc:"Where signing out may lead back to"`
	IDTokenAlgorithm       string              `json:"id_token_algorithm,omitempty" enum:"RS256,ES256,EdDSA" doc:"Absent: RS256"`
	RefreshGraceSeconds    *int                `json:"refresh_grace_seconds,omitempty" minimum:"0" maximum:"3600" doc:"How long a replaced refresh token still gets the same answer, for an app that lost it; after that it ends the sign-in. Absent: 600, or 120 for a public client"`
	ClaimsInIDToken        bool                `json:"claims_in_id_token" required:"false" doc:"ID tokens hold the claims of the granted scopes, as user info does: for apps that read nothing else. Absent: false"`
}

type clientAnswer = tagged[Client]

// createdClient is a client with its first secret, which exists nowhere else.
type createdClient struct {
	Client
	Secret string `json:"client_secret,omitempty" doc:"Shown this once; absent for a public client"`
}

type createdClientAnswer = tagged[createdClient]

// ClientEdit is what can be changed of a client.
type ClientEdit struct{ ClientSettings }

type newClient struct {
	ClientEdit
	Type            dialtone.ClientType `json:"type,omitempty" enum:"confidential,public" doc:"Public: it cannot keep a secret, as an app on a phone. Absent: confidential"`
	SecretName      string              `json:"secret_name,omitempty" doc:"Of the first secret"`
	SecretExpiresAt *time.Time          `json:"secret_expires_at,omitempty" doc:"Of the first secret; absent: never"`
}

func (a *API) listClients(ctx context.Context, v *visit, in *ProductPath) (*listAnswer[Client], error) {
	all, err := a.Catalog.Clients(ctx, v.actor, in.ProductID)
	if err != nil {
		return nil, err
	}
	return whole(all, showClient), nil
}

type createClientRequest struct {
	ProductPath
	Body newClient
}

func (a *API) createClient(ctx context.Context, v *visit, in *createClientRequest) (*createdClientAnswer, error) {
	edit := in.Body.ClientEdit.edit(cmp.Or(in.Body.Type, dialtone.ClientConfidential))
	edit.SecretName = in.Body.SecretName
	if in.Body.SecretExpiresAt != nil {
		edit.SecretExpires = *in.Body.SecretExpiresAt
	}
	created, text, err := a.Catalog.CreateClient(ctx, v.actor, in.ProductID, edit, v.now)
	if err != nil {
		return nil, err
	}
	return &createdClientAnswer{ETag: etag(created.Updated), Body: createdClient{Client: showClient(created), Secret: text.Reveal()}}, nil
}

// ClientPath names a client.
type ClientPath struct {
	ClientID string `path:"client_id" maxLength:"100" doc:"The client's id"`
}

func (a *API) getClient(ctx context.Context, v *visit, in *ClientPath) (*clientAnswer, error) {
	found, _, _, err := a.Catalog.Client(ctx, v.actor, in.ClientID)
	return answerClient(found, err)
}

type updateClientRequest struct {
	ClientPath
	Matching
	Body ClientEdit
}

func (a *API) updateClient(ctx context.Context, v *visit, in *updateClientRequest) (*clientAnswer, error) {
	seen, err := in.seen(a.clientVersion(ctx, v, in.ClientID))
	if err != nil {
		return nil, err
	}
	return answerClient(a.Catalog.SaveClient(ctx, v.actor, in.ClientID, in.Body.edit(""), seen, v.now))
}

// clientVersion is for Matching.seen.
func (a *API) clientVersion(ctx context.Context, v *visit, clientID string) func() (time.Time, error) {
	return func() (time.Time, error) {
		current, _, _, err := a.Catalog.Client(ctx, v.actor, clientID)
		return current.Updated, err
	}
}

// clientChange is a ClientEdit whose members may be absent.
type clientChange struct {
	Description            change[string]              `json:"description,omitempty"`
	AuthMethod             change[dialtone.AuthMethod] `json:"auth_method,omitempty"`
	RedirectURIs           change[[]string]            `json:"redirect_uris,omitempty"`
	PostRevokeRedirectURIs change[[]string]            `json:"post_revoke_redirect_uris,omitempty"`
	PostLogoutRedirectURIs change[[]string]            `json:"post_logout_redirect_uris,omitempty"`
	IDTokenAlgorithm       change[string]              `json:"id_token_algorithm,omitempty"`
	RefreshGraceSeconds    change[*int]                `json:"refresh_grace_seconds,omitempty"`
	ClaimsInIDToken        change[bool]                `json:"claims_in_id_token,omitempty"`
}

func (c clientChange) onto(e *catalog.ClientEdit) {
	c.Description.onto(&e.Description)
	c.AuthMethod.onto(&e.AuthMethod)
	c.RedirectURIs.onto(&e.RedirectURIs)
	c.PostRevokeRedirectURIs.onto(&e.PostRevokeRedirectURIs)
	c.PostLogoutRedirectURIs.onto(&e.PostLogoutRedirectURIs)
	c.IDTokenAlgorithm.onto(&e.IDTokenAlgorithm)
	c.RefreshGraceSeconds.onto(&e.RefreshGraceSeconds)
	c.ClaimsInIDToken.onto(&e.ClaimsInIDToken)
}

type changeClientRequest struct {
	ClientPath
	Matching
	Body clientChange
}

func (a *API) changeClient(ctx context.Context, v *visit, in *changeClientRequest) (*clientAnswer, error) {
	seen, err := in.seen(a.clientVersion(ctx, v, in.ClientID))
	if err != nil {
		return nil, err
	}
	return answerClient(a.Catalog.ChangeClient(ctx, v.actor, in.ClientID, in.Body.onto, seen, v.now))
}

func (a *API) deleteClient(ctx context.Context, v *visit, in *ClientPath) (*none, error) {
	return new(none), a.Catalog.DeleteClient(ctx, v.actor, in.ClientID, v.now)
}

// edit is the form as the verbs take it; what is absent has the usual value.
func (e ClientEdit) edit(kind dialtone.ClientType) catalog.ClientEdit {
	return catalog.ClientEdit{ClientSettings: dialtone.ClientSettings(e.ClientSettings), Type: kind}
}

func answerClient(c dialtone.Client, err error) (*clientAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &clientAnswer{ETag: etag(c.Updated), Body: showClient(c)}, nil
}

func showClient(c dialtone.Client) Client {
	grace := int(c.RefreshGrace() / time.Second)
	settings := ClientSettings(c.ClientSettings)
	settings.RefreshGraceSeconds = &grace
	for _, list := range []*[]string{&settings.RedirectURIs, &settings.PostRevokeRedirectURIs, &settings.PostLogoutRedirectURIs} {
		*list = present(*list)
	}
	return Client{
		ID: c.ID, ProductID: c.ProductID, Type: c.Type, ClientSettings: settings, CreatedAt: c.Created.UTC(), UpdatedAt: c.Updated.UTC(),
	}
}

// present is a list that is [] in JSON when it is empty, never null.
func present(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
