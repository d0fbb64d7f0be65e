package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/store"
)

// portalSeed is what the measured pages show: an organization with very many products, one of which has been busy.
type portalSeed struct {
	organizationID string
	productID      string
	clientID       string
	cookie         string // of a signed-in owner
}

// How busy the product was.
const (
	busyDays     = 30
	busyFailures = 1000
	busySecrets  = 5
)

// seedPortal fills the database through the store, as the portal itself would.
func seedPortal(ctx context.Context, database, rootKeyFile string) (seed portalSeed, err error) {
	db, _, err := server.Storage{Database: database, RootKeyFile: rootKeyFile}.Open(ctx, time.Now().UTC())
	if err != nil {
		return portalSeed{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now().UTC()
	seed = portalSeed{organizationID: "bench", productID: "product-0", clientID: clientID(0)}
	for i := products; i < portalProducts; i++ {
		p := dialtone.Product{
			ID: fmt.Sprintf("product-%d", i), OrganizationID: seed.organizationID, Name: fmt.Sprintf("Product %d", i), Subtitle: "One of many",
			Scopes: []dialtone.ProductScope{{Name: dialtone.ScopePhone}}, ConsentVersion: 1, Created: now, Updated: now,
		}
		if err := db.CreateProduct(ctx, p, activityOf(seed, "product.create", p.ID, now)); err != nil {
			return portalSeed{}, err
		}
	}
	for i := range busySecrets {
		s := dialtone.ClientSecret{ID: secret.ID("secret"), Name: fmt.Sprintf("secret %d", i), Hash: secret.Hash(secret.Token("").Reveal()), Created: now}
		if err := db.AddClientSecret(ctx, seed.clientID, s, activityOf(seed, "client.secret.create", seed.clientID, now)); err != nil {
			return portalSeed{}, err
		}
	}
	if err := seedTraffic(ctx, db, seed, now); err != nil {
		return portalSeed{}, err
	}
	seed.cookie, err = signInOwner(ctx, db, seed, now)
	return seed, err
}

func seedTraffic(ctx context.Context, db *store.DB, seed portalSeed, now time.Time) error {
	var tallies []dialtone.Tally
	hour := now.Truncate(time.Hour)
	for i := range busyDays * 24 {
		for _, kind := range []dialtone.TallyKind{
			dialtone.TallySignInStarted, dialtone.TallySignInCompleted, dialtone.TallySignInDenied, dialtone.TallyConsentGranted,
			dialtone.TallyTokenIssued, dialtone.TallyTokenError + "invalid_grant",
		} {
			tallies = append(tallies, dialtone.Tally{
				ProductID: seed.productID, ClientID: seed.clientID, OperatorID: "sandbox", Hour: hour.Add(-time.Duration(i) * time.Hour), Kind: kind, Count: int64(i),
			})
		}
	}
	if err := db.AddTallies(ctx, tallies); err != nil {
		return err
	}
	var failures []dialtone.FailedRequest
	for i := range busyFailures {
		failures = append(failures, dialtone.FailedRequest{
			ID: secret.ID("er"), ProductID: seed.productID, ClientID: seed.clientID, Endpoint: "token", Code: "invalid_grant",
			Description: "the code has expired; begin again at the authorization endpoint", At: now.Add(-time.Duration(i) * time.Minute),
		})
	}
	return db.PutFailedRequests(ctx, failures)
}

// signInOwner returns the cookie of an owner.
func signInOwner(ctx context.Context, db *store.DB, seed portalSeed, now time.Time) (string, error) {
	provider := dialtone.CompanySignIn{
		OrganizationID: seed.organizationID, Issuer: "https://accounts.example.com", ClientID: "bench", JoinAs: dialtone.RoleOwner, Updated: now,
	}
	if err := db.PutCompanySignIn(ctx, provider, activityOf(seed, "company.set", seed.organizationID, now)); err != nil {
		return "", err
	}
	person := dialtone.Account{ID: secret.ID("account"), Name: "Owner", Created: now}
	who := dialtone.CompanyPerson{OrganizationID: seed.organizationID, Issuer: provider.Issuer, Subject: "owner", IfNew: person}
	if _, _, err := db.CompanyAccount(ctx, who, now); err != nil {
		return "", err
	}
	random := secret.Token("").Reveal()
	session := dialtone.AccountSession{
		ID: secret.ID("pse"), SecretHash: secret.Hash(random), AccountID: person.ID, Method: dialtone.SignInCompany, Agent: "benchmark",
		Created: now, Seen: now, Expires: now.Add(time.Hour),
	}
	return "portal_session=" + session.ID + "." + random, db.CreateAccountSession(ctx, session)
}

func activityOf(seed portalSeed, action, target string, now time.Time) dialtone.Activity {
	return dialtone.Activity{
		ID: secret.ID("act"), OrganizationID: seed.organizationID, ActorID: "bench", ActorName: "benchmark", Action: action, Target: target, At: now,
	}
}
