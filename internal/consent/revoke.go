package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Removal says which consent is taken back, by whom and on which way.
type Removal struct {
	OperatorID     string
	SubscriptionID string
	ProductID      string
	ClientID       string // the client that made the revoke link; empty otherwise
	Language       string
	Text           string // the words of the page, for the proof; empty when no page was shown
	Channel        dialtone.ConsentChannel
	Actor          string
	Reason         string
}

// Revoke takes a consent back: every grant under it dies in the same transaction. Errors: ErrNotFound when none is in force.
func (b Book) Revoke(ctx context.Context, r Removal, now time.Time) error {
	if err := b.Store.RevokeConsent(ctx, r.SubscriptionID, r.ProductID, r.history(now), r.event(now), now); err != nil {
		return fmt.Errorf("revoke consent: %w", err)
	}
	b.Traffic.Count(r.tally(now))
	return nil
}

// RevokeByStaff is Revoke with the line of the operator's audit log that tells of it.
func (b Book) RevokeByStaff(ctx context.Context, r Removal, e dialtone.AuditEntry, now time.Time) error {
	if err := b.Store.RevokeConsentByStaff(ctx, r.SubscriptionID, r.ProductID, r.history(now), r.event(now), now, e); err != nil {
		return fmt.Errorf("revoke consent: %w", err)
	}
	b.Traffic.Count(r.tally(now))
	return nil
}

// Narrow takes one scope of a consent back and leaves the rest: tokens lose it at once, and the person is not asked for it again. Errors:
// ErrConflict if the consent was taken back or changed meanwhile; ErrInvalid if it would have no scope left.
func (b Book) Narrow(ctx context.Context, r Removal, before dialtone.Consent, scope string, now time.Time) error {
	c := before
	c.Scopes = slices.DeleteFunc(slices.Clone(before.Scopes), func(s string) bool { return s == scope })
	c.Refused = append(slices.Clone(before.Refused), scope)
	if len(c.Scopes) == len(before.Scopes) || len(c.Scopes) == 0 {
		return fmt.Errorf("narrow consent: %w: %s is not one of several scopes", dialtone.ErrInvalid, scope)
	}
	history := r.history(now)
	history.Kind, history.ConsentID, history.Scopes, history.Version = dialtone.ConsentUpdated, before.ID, c.Scopes, before.Version
	if _, err := b.Store.PutConsent(ctx, c, history, outbox(dialtone.EventConsentUpdated, c, r.ClientID, now), before.Granted); err != nil {
		return fmt.Errorf("narrow consent: %w", err)
	}
	b.Traffic.Count(dialtone.Tally{
		ProductID: r.ProductID, ClientID: r.ClientID, OperatorID: r.OperatorID, Hour: now, Kind: dialtone.TallyConsentUpdated, Count: 1,
	})
	return nil
}

// RevokeByLink is Revoke on a link that works once. Errors: ErrConflict when the link was used before; ErrNotFound when no
// consent is in force.
func (b Book) RevokeByLink(ctx context.Context, linkID string, linkExpires time.Time, r Removal, now time.Time) error {
	err := b.Store.RevokeConsentByLink(ctx, linkID, linkExpires, r.SubscriptionID, r.ProductID, r.history(now), r.event(now), now)
	if err != nil {
		return fmt.Errorf("revoke consent by link: %w", err)
	}
	b.Traffic.Count(r.tally(now))
	return nil
}

func (r Removal) history(now time.Time) dialtone.ConsentEvent {
	return dialtone.ConsentEvent{
		ID: secret.ID("ce"), OperatorID: r.OperatorID, SubscriptionID: r.SubscriptionID, ProductID: r.ProductID,
		ClientID: r.ClientID, Kind: dialtone.ConsentRevoked, Language: r.Language, TextHash: textHash(r.Text),
		Channel: r.Channel, Actor: r.Actor, Reason: r.Reason, At: now,
	}
}

func (r Removal) tally(now time.Time) dialtone.Tally {
	return dialtone.Tally{
		ProductID: r.ProductID, ClientID: r.ClientID, OperatorID: r.OperatorID, Hour: now, Kind: dialtone.TallyConsentRevoked, Count: 1,
	}
}

func (r Removal) event(now time.Time) dialtone.Event {
	c := dialtone.Consent{OperatorID: r.OperatorID, SubscriptionID: r.SubscriptionID, ProductID: r.ProductID, Scopes: []string{}}
	return outbox(dialtone.EventConsentRevoked, c, r.ClientID, now)
}

// textHash is the proof of the words: SHA-256 in hex, empty for no words.
func textHash(text string) string {
	if text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
