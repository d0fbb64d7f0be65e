package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type clientSecrets interface {
	IssueSecret(ctx context.Context, actor dialtone.Actor, clientID, name string, expires, now time.Time) (dialtone.ClientSecret, secret.Text, error)
	RotateSecret(ctx context.Context, actor dialtone.Actor, clientID, secretID string, overlap time.Duration, now time.Time) (dialtone.ClientSecret, secret.Text, error)
	RevokeSecret(ctx context.Context, actor dialtone.Actor, clientID, secretID string, now time.Time) error
}

func (a *API) clientSecretOperations() {
	register(a, operation{
		id: "list-secrets", method: http.MethodGet, path: "/clients/{client_id}/secrets", tag: tagClients,
		summary: "List a client's secrets", description: "Their names and times. The secrets themselves are not kept.",
		right: catalog.ReadClients, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.listSecrets)
	register(a, operation{
		id: "create-secret", method: http.MethodPost, path: "/clients/{client_id}/secrets", tag: tagClients,
		summary: "Create a secret", description: "The answer holds the secret, this once: keep it. A client has at most 10 that work at the same time.",
		right: catalog.WriteClients, status: http.StatusCreated, problems: []Kind{kindNotFound, kindConflict},
		example: example{body: `{"name": "second server"}`},
	}, a.createSecret)
	register(a, operation{
		id: "rotate-secret", method: http.MethodPost, path: "/clients/{client_id}/secrets/{secret_id}/rotate", tag: tagClients,
		summary: "Rotate a secret",
		description: "Makes a successor, called after the old secret and the day, which the answer holds, this once. The old secret goes on working for the overlap, " +
			"so that your servers can change one by one.",
		right: catalog.WriteClients, status: http.StatusCreated, problems: []Kind{kindNotFound, kindConflict},
		example: example{body: `{"overlap_seconds": 86400}`},
	}, a.rotateSecret)
	register(a, operation{
		id: "revoke-secret", method: http.MethodDelete, path: "/clients/{client_id}/secrets/{secret_id}", tag: tagClients,
		summary: "Revoke a secret", description: "It stops working at once.",
		right: catalog.WriteClients, status: http.StatusNoContent, problems: []Kind{kindNotFound},
	}, a.revokeSecret)
}

// ClientSecret is what is known of a secret.
type ClientSecret struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Live       bool       `json:"live" doc:"It is accepted now"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"Absent: never"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"Exact to a minute; absent: never"`
}

// issuedSecret is a secret with its text, which exists nowhere else.
type issuedSecret struct {
	ClientSecret
	Secret string `json:"client_secret" doc:"Shown this once"`
}

type issuedSecretAnswer struct{ Body issuedSecret }

func (a *API) listSecrets(ctx context.Context, v *visit, in *ClientPath) (*listAnswer[ClientSecret], error) {
	found, _, _, err := a.Catalog.Client(ctx, v.actor, in.ClientID)
	if err != nil {
		return nil, err
	}
	return whole(found.Secrets, v.showSecret), nil
}

type createSecretRequest struct {
	ClientPath
	Body struct {
		Name      string     `json:"name" doc:"Where it is used"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Absent: never"`
	}
}

func (a *API) createSecret(ctx context.Context, v *visit, in *createSecretRequest) (*issuedSecretAnswer, error) {
	var expires time.Time
	if in.Body.ExpiresAt != nil {
		expires = in.Body.ExpiresAt.UTC()
	}
	issued, text, err := a.Catalog.IssueSecret(ctx, v.actor, in.ClientID, in.Body.Name, expires, v.now)
	return v.answerSecret(issued, text, err)
}

// SecretPath names one of a client's secrets.
type SecretPath struct {
	ClientPath
	SecretID string `path:"secret_id" maxLength:"100" doc:"The secret's id, which is not the secret itself"`
}

type rotateSecretRequest struct {
	SecretPath
	Body struct {
		OverlapSeconds int `json:"overlap_seconds" minimum:"0" maximum:"2592000" doc:"How long the old secret goes on working, at most 30 days; 0: it stops at once"`
	}
}

func (a *API) rotateSecret(ctx context.Context, v *visit, in *rotateSecretRequest) (*issuedSecretAnswer, error) {
	overlap := time.Duration(in.Body.OverlapSeconds) * time.Second
	issued, text, err := a.Catalog.RotateSecret(ctx, v.actor, in.ClientID, in.SecretID, overlap, v.now)
	return v.answerSecret(issued, text, err)
}

func (a *API) revokeSecret(ctx context.Context, v *visit, in *SecretPath) (*none, error) {
	return new(none), a.Catalog.RevokeSecret(ctx, v.actor, in.ClientID, in.SecretID, v.now)
}

func (v *visit) answerSecret(issued dialtone.ClientSecret, text secret.Text, err error) (*issuedSecretAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &issuedSecretAnswer{Body: issuedSecret{ClientSecret: v.showSecret(issued), Secret: text.Reveal()}}, nil
}

func (v *visit) showSecret(s dialtone.ClientSecret) ClientSecret {
	return ClientSecret{
		ID: s.ID, Name: s.Name, Live: s.Live(v.now), CreatedAt: s.Created.UTC(), ExpiresAt: optional(s.Expires), LastUsedAt: optional(s.LastUsed),
	}
}
