package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// LifeStore is what the life of lines needs of the database.
type LifeStore interface {
	Subscription(ctx context.Context, id string) (dialtone.Subscription, error)
	SubscriptionByNumber(ctx context.Context, number dialtone.PhoneNumber) (dialtone.Subscription, error)
	// ChangeLines makes all changes or none. ErrConflict if a line is not as it was read, or another one has its number or external id.
	ChangeLines(ctx context.Context, changes []dialtone.LineChange, now time.Time) error
}

// Life is what happens to lines: each verb is one transaction, with its place in the line's history and what apps hear of it. It is safe
// for concurrent use.
//
// Errors of all verbs: ErrNotFound if the operator has no such line; ErrConflict if the line has ended, another line has the number, or
// somebody changed the line at the same moment; ErrInvalid.
type Life struct{ store LifeStore }

// NewLife returns the life of lines over a store.
func NewLife(store LifeStore) Life { return Life{store: store} }

// End ends a line for good: the number was ported out, or the contract ended. Its sub never comes back.
func (l Life) End(ctx context.Context, id string, cause Cause, now time.Time) error {
	return l.change(ctx, "end", id, cause, now, func(line *dialtone.Subscription) { line.Status = dialtone.SubscriptionEnded })
}

// Block keeps a line from being used, until Unblock; whatever was agreed stays. What a person blocks, no file unblocks.
func (l Life) Block(ctx context.Context, id string, cause Cause, now time.Time) error {
	return l.change(ctx, "block", id, cause, now, func(line *dialtone.Subscription) {
		line.Status = dialtone.SubscriptionBlocked
		line.StatusDecided = line.StatusDecided || cause.decides()
	})
}

// Unblock undoes Block, and leaves the line to what the operator's own directory says from then on. Error: ErrForbidden if a person blocked
// it and a program unblocks it.
func (l Life) Unblock(ctx context.Context, id string, cause Cause, now time.Time) error {
	line, err := l.line(ctx, id, cause)
	if err == nil && line.StatusDecided && !cause.decides() {
		err = fmt.Errorf("%w: a person blocked the line", dialtone.ErrForbidden)
	}
	if err != nil {
		return fmt.Errorf("unblock line: %w", err)
	}
	return l.change(ctx, "unblock", id, cause, now, func(line *dialtone.Subscription) {
		line.Status, line.StatusDecided = dialtone.SubscriptionActive, false
	})
}

// MarkSensitive leaves a line to those staff whom the operator names for such lines. What a person marked, no file unmarks.
func (l Life) MarkSensitive(ctx context.Context, id string, cause Cause, now time.Time) error {
	return l.change(ctx, "mark", id, cause, now, func(line *dialtone.Subscription) {
		line.Sensitive = true
		line.SensitiveDecided = line.SensitiveDecided || cause.decides()
	})
}

// UnmarkSensitive undoes MarkSensitive. Error: ErrForbidden if a person marked the line and a program unmarks it.
func (l Life) UnmarkSensitive(ctx context.Context, id string, cause Cause, now time.Time) error {
	line, err := l.line(ctx, id, cause)
	if err == nil && line.SensitiveDecided && !cause.decides() {
		err = fmt.Errorf("%w: a person marked the line", dialtone.ErrForbidden)
	}
	if err != nil {
		return fmt.Errorf("unmark line: %w", err)
	}
	return l.change(ctx, "unmark", id, cause, now, func(line *dialtone.Subscription) {
		line.Sensitive, line.SensitiveDecided = false, false
	})
}

// ReplaceSIM notes that the line has another SIM since then: whoever is signed in has to prove the number again, and a PIN that went to
// the old SIM is worth nothing.
func (l Life) ReplaceSIM(ctx context.Context, id string, at time.Time, cause Cause, now time.Time) error {
	if at.After(now) {
		at = now
	}
	return l.change(ctx, "replace the SIM of", id, cause, now, func(line *dialtone.Subscription) { line.SIMChanged = at })
}

// ChangeNumber gives a line another number: the same holder, the same sub. A number that another line has is no change but a Move.
func (l Life) ChangeNumber(ctx context.Context, id string, number dialtone.PhoneNumber, cause Cause, now time.Time) error {
	if err := l.mayHave(number); err != nil {
		return fmt.Errorf("change number: %w", err)
	}
	return l.change(ctx, "change the number of", id, cause, now, func(line *dialtone.Subscription) { line.PhoneNumber = number })
}

// Holder says who gets a number.
type Holder struct {
	SubscriptionID string // a line that there is, and that gives its own number away; empty: a new one
	ExternalID     string // of a new line: the operator's own id; empty: none
	Language       string // of a new line
}

// Move gives a number to another line. The line that had it ends, with all that belongs to it, because the number was what proved who its
// holder is; the new holder sees nothing of it. It returns the line that has the number now.
func (l Life) Move(ctx context.Context, number dialtone.PhoneNumber, to Holder, cause Cause, now time.Time) (dialtone.Subscription, error) {
	changes, line, err := l.moving(ctx, number, to, cause, now)
	if err == nil {
		err = l.store.ChangeLines(ctx, changes, now)
	}
	if err != nil {
		return dialtone.Subscription{}, fmt.Errorf("move number: %w", err)
	}
	return line, nil
}

func (l Life) moving(ctx context.Context, number dialtone.PhoneNumber, to Holder, cause Cause, now time.Time) ([]dialtone.LineChange, dialtone.Subscription, error) {
	none := dialtone.Subscription{}
	if err := l.mayHave(number); err != nil {
		return nil, none, err
	}
	old, err := l.store.SubscriptionByNumber(ctx, number)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
	case err != nil:
		return nil, none, err
	case old.OperatorID != cause.OperatorID:
		return nil, none, fmt.Errorf("%w: another operator has the number", dialtone.ErrConflict)
	case old.ID == to.SubscriptionID:
		return nil, none, fmt.Errorf("%w: the line has the number already", dialtone.ErrConflict)
	}
	var was, is dialtone.Subscription
	if to.SubscriptionID == "" {
		is = newLine(cause.OperatorID, number, now)
		is.ExternalID, is.Language = to.ExternalID, to.Language
	} else {
		if was, err = l.line(ctx, to.SubscriptionID, cause); err != nil {
			return nil, none, err
		}
		is = was
		is.PhoneNumber = number
	}
	gets, _ := Change(was, is, cause, now)
	if old.ID == "" {
		return []dialtone.LineChange{gets}, is, nil
	}
	return []dialtone.LineChange{ending(old, dialtone.EndedReassigned, is.ID, cause, now), gets}, is, nil
}

// Party says whether a line that changes hands stays with the same person or company.
type Party string

const (
	SameParty  Party = "same"  // a family or a firm renames its contract: sub stays, and everything is asked again
	OtherParty Party = "other" // a new holder: the line ends, and another one has the number
)

// Transfer hands a line over, with its number. It returns the line that has the number now.
func (l Life) Transfer(ctx context.Context, id string, party Party, cause Cause, now time.Time) (dialtone.Subscription, error) {
	line, err := l.line(ctx, id, cause)
	if err != nil {
		return dialtone.Subscription{}, fmt.Errorf("transfer line: %w", err)
	}
	if party == OtherParty {
		return l.succeed(ctx, line, dialtone.EndedTransferred, cause, now)
	}
	c := dialtone.LineChange{Was: line, Is: line, SignOut: true, RevokeConsents: true}
	c.Events = []dialtone.LineEvent{cause.event(dialtone.LineTransferred, "", now)}
	if err := l.store.ChangeLines(ctx, []dialtone.LineChange{c}, now); err != nil {
		return dialtone.Subscription{}, fmt.Errorf("transfer line: %w", err)
	}
	return line, nil
}

// NewEpoch is for operators that cannot tell when a number changes hands: something else says that it may have, as a number that nobody used
// for longer than the operator lets numbers rest. The line ends, and another one has the number.
func (l Life) NewEpoch(ctx context.Context, id string, cause Cause, now time.Time) (dialtone.Subscription, error) {
	line, err := l.line(ctx, id, cause)
	if err != nil {
		return dialtone.Subscription{}, fmt.Errorf("begin a new epoch of a number: %w", err)
	}
	return l.succeed(ctx, line, dialtone.EndedNumberOfAge, cause, now)
}

// succeed ends a line and makes another one with its number and the operator's own id.
func (l Life) succeed(ctx context.Context, old dialtone.Subscription, reason string, cause Cause, now time.Time) (dialtone.Subscription, error) {
	is := newLine(old.OperatorID, old.PhoneNumber, now)
	is.ExternalID, is.Language, is.FixedPIN = old.ExternalID, old.Language, old.FixedPIN
	end := ending(old, reason, is.ID, cause, now)
	end.Is.ExternalID = ""
	gets, _ := Change(dialtone.Subscription{}, is, cause, now)
	if err := l.store.ChangeLines(ctx, []dialtone.LineChange{end, gets}, now); err != nil {
		return dialtone.Subscription{}, fmt.Errorf("hand number over: %w", err)
	}
	return is, nil
}

// ending ends a line whose number goes to another one.
func ending(old dialtone.Subscription, reason, to string, cause Cause, now time.Time) dialtone.LineChange {
	is := old
	is.Status = dialtone.SubscriptionEnded
	if cause.Reason == "" {
		cause.Reason = reason
	}
	return dialtone.LineChange{Was: old, Is: is, Events: []dialtone.LineEvent{cause.event(dialtone.LineEnded, "to "+to, now)}}
}

func newLine(operatorID string, number dialtone.PhoneNumber, now time.Time) dialtone.Subscription {
	return dialtone.Subscription{
		ID: secret.ID("sub"), OperatorID: operatorID, PhoneNumber: number, Status: dialtone.SubscriptionActive, Created: now,
	}
}

// mayHave refuses numbers that no line of an operator can have.
func (l Life) mayHave(number dialtone.PhoneNumber) error {
	switch {
	case !dialtone.ValidE164(number.E164()):
		return fmt.Errorf("%w: the number is not of the form \"+33639980000\"", dialtone.ErrInvalid)
	case IsSandboxNumber(number):
		return fmt.Errorf("%w: the number is published for tests", dialtone.ErrInvalid)
	}
	return nil
}

// line returns a line of the operator that has not ended.
func (l Life) line(ctx context.Context, id string, cause Cause) (dialtone.Subscription, error) {
	if err := dialtone.ValidateReason(cause.Reason); err != nil {
		return dialtone.Subscription{}, err
	}
	line, err := l.store.Subscription(ctx, id)
	switch {
	case err != nil:
		return dialtone.Subscription{}, err
	case line.OperatorID != cause.OperatorID:
		return dialtone.Subscription{}, dialtone.ErrNotFound
	case line.Status == dialtone.SubscriptionEnded:
		return dialtone.Subscription{}, fmt.Errorf("%w: the line has ended", dialtone.ErrConflict)
	}
	return line, nil
}

func (l Life) change(ctx context.Context, what, id string, cause Cause, now time.Time, do func(*dialtone.Subscription)) error {
	was, err := l.line(ctx, id, cause)
	if err != nil {
		return fmt.Errorf("%s line: %w", what, err)
	}
	is := was
	do(&is)
	c, some := Change(was, is, cause, now)
	if !some {
		return nil
	}
	if c.Ends() && cause.Reason == "" {
		c.Events[0].Reason = dialtone.EndedByOperator
	}
	if err := l.store.ChangeLines(ctx, []dialtone.LineChange{c}, now); err != nil {
		return fmt.Errorf("%s line: %w", what, err)
	}
	return nil
}
