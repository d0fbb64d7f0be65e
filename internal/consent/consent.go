// Package consent holds the rules of what a subscriber allows a product: what still has to be asked, what an answer
// grants, and how it is taken back.
//
// A consent belongs to a subscription and a product. Its state is one row, its history is append-only: every page that
// was answered leaves a line with the scopes, the version, the language and the hash of the words as shown.
package consent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Store is what the rules need of the database.
type Store interface {
	PutConsent(ctx context.Context, c dialtone.Consent, history dialtone.ConsentEvent, event dialtone.Event, asked time.Time) (dialtone.Consent, error)
	AppendConsentEvent(ctx context.Context, history dialtone.ConsentEvent) error
	RevokeConsent(ctx context.Context, subscriptionID, productID string, history dialtone.ConsentEvent, event dialtone.Event, now time.Time) error
	RevokeConsentByStaff(ctx context.Context, subscriptionID, productID string, history dialtone.ConsentEvent, event dialtone.Event, now time.Time, e dialtone.AuditEntry) error
	RevokeConsentByLink(ctx context.Context, linkID string, linkExpires time.Time, subscriptionID, productID string, history dialtone.ConsentEvent, event dialtone.Event, now time.Time) error
}

// Traffic counts what is given and taken back. It waits for nothing.
type Traffic interface {
	Count(t dialtone.Tally)
}

// Book is where answers and removals are written. Every channel writes here, so that all of them are counted.
type Book struct {
	Store   Store
	Traffic Traffic
}

// Missing returns the requested scopes that the person has to be asked for: all of them when the product changed
// materially since the consent was given or when nothing requested is granted, else those neither granted nor refused.
// An optional scope that was left unticked is not asked for again, one that the product no longer enables not at all.
func Missing(c dialtone.Consent, product dialtone.Product, requested []string) []string {
	requested = slices.DeleteFunc(slices.Clone(requested), func(name string) bool { _, enabled := product.Scope(name); return !enabled })
	inForce := c.ID != "" && c.Revoked.IsZero() && c.Version >= product.ConsentVersion
	if !inForce || !slices.ContainsFunc(requested, c.Covers) {
		return requested
	}
	var missing []string
	for _, scope := range requested {
		setting, _ := product.Scope(scope)
		refused := setting.Optional && slices.Contains(c.Refused, scope)
		if !c.Covers(scope) && !refused {
			missing = append(missing, scope)
		}
	}
	return missing
}

// Answer is what a person did on the consent page.
type Answer struct {
	Subscription dialtone.Subscription
	Product      dialtone.Product
	ClientID     string
	Before       dialtone.Consent // the consent in force, zero when none
	Seen         time.Time        // when the page was shown
	Shown        []string         // the scopes on the page
	Ticked       []string         // the optional ones that the person ticked; others in it are ignored
	Language     string
	Text         string // the words of the page, for the proof
	Terms        bool   // the terms checkbox was ticked
}

// Give records that the person allowed. It returns the consent in force. Errors: ErrInvalid when the product has terms
// that were not accepted or nothing at all was granted; ErrConflict when a consent was taken back since the page was shown:
// an old form that is sent again must not bring it back; ErrForbidden when the line is no longer active.
func (b Book) Give(ctx context.Context, a Answer, now time.Time) (dialtone.Consent, error) {
	if a.Product.TermsURL != "" && !a.Terms {
		return dialtone.Consent{}, fmt.Errorf("give consent: %w: the terms are not accepted", dialtone.ErrInvalid)
	}
	granted, refused := a.split()
	if len(granted) == 0 {
		return dialtone.Consent{}, fmt.Errorf("give consent: %w: nothing is granted", dialtone.ErrInvalid)
	}
	kind, eventKind, counted := dialtone.ConsentGranted, dialtone.EventConsentGranted, dialtone.TallyConsentGranted
	id, asked := a.Before.ID, a.Seen
	if id == "" {
		id = secret.ID("co")
	} else {
		asked = time.Time{} // what is in force was given after any removal
		kind, eventKind, counted = dialtone.ConsentUpdated, dialtone.EventConsentUpdated, dialtone.TallyConsentUpdated
	}
	c := dialtone.Consent{
		ID:             id,
		OperatorID:     a.Subscription.OperatorID,
		SubscriptionID: a.Subscription.ID,
		ProductID:      a.Product.ID,
		Scopes:         granted,
		Refused:        refused,
		Version:        a.Product.ConsentVersion,
		Language:       a.Language,
		Granted:        now,
	}
	history := a.history(kind, now)
	history.ConsentID, history.Scopes = id, granted
	given, err := b.Store.PutConsent(ctx, c, history, outbox(eventKind, c, a.ClientID, now), asked)
	if err != nil {
		return dialtone.Consent{}, fmt.Errorf("give consent: %w", err)
	}
	b.Traffic.Count(dialtone.Tally{
		ProductID: a.Product.ID, ClientID: a.ClientID, OperatorID: a.Subscription.OperatorID, Hour: now, Kind: counted, Count: 1,
	})
	return given, nil
}

// Refuse records that the person said no on the consent page. What was granted before stays.
func (b Book) Refuse(ctx context.Context, a Answer, now time.Time) error {
	history := a.history(dialtone.ConsentRefused, now)
	history.ConsentID, history.Scopes = a.Before.ID, a.Before.Scopes
	if err := b.Store.AppendConsentEvent(ctx, history); err != nil {
		return fmt.Errorf("refuse consent: %w", err)
	}
	return nil
}

// split returns what is granted and what is refused after the answer: what was granted before stays, unless the page
// showed it and the person unticked it.
func (a Answer) split() (granted, refused []string) {
	for _, setting := range a.Product.Scopes {
		shown := slices.Contains(a.Shown, setting.Name)
		switch {
		case shown && (!setting.Optional || slices.Contains(a.Ticked, setting.Name)):
			granted = append(granted, setting.Name)
		case shown:
			refused = append(refused, setting.Name)
		case a.Before.Covers(setting.Name):
			granted = append(granted, setting.Name)
		case slices.Contains(a.Before.Refused, setting.Name):
			refused = append(refused, setting.Name)
		}
	}
	return granted, refused
}

func (a Answer) history(kind dialtone.ConsentEventKind, now time.Time) dialtone.ConsentEvent {
	return dialtone.ConsentEvent{
		ID:             secret.ID("ce"),
		OperatorID:     a.Subscription.OperatorID,
		SubscriptionID: a.Subscription.ID,
		ProductID:      a.Product.ID,
		ClientID:       a.ClientID,
		Kind:           kind,
		Version:        a.Product.ConsentVersion,
		Language:       a.Language,
		TextHash:       textHash(a.Text),
		Channel:        dialtone.ChannelConsentPage,
		Actor:          "subscriber",
		At:             now,
	}
}

// outbox makes the event that tells the product's developers. It names the consent, never the person.
func outbox(kind dialtone.EventKind, c dialtone.Consent, clientID string, now time.Time) dialtone.Event {
	payload, err := json.Marshal(map[string]any{"scopes": c.Scopes})
	if err != nil {
		panic(fmt.Sprintf("consent: scopes are plain text: %v", err))
	}
	return dialtone.Event{
		ID: secret.ID("ev"), Kind: kind, OperatorID: c.OperatorID, SubscriptionID: c.SubscriptionID,
		ProductID: c.ProductID, ClientID: clientID, Payload: string(payload), At: now,
	}
}
