// Package care is how an operator's staff help a single subscriber: find the line, see what it allowed and where it is signed in, and end
// what has to end.
//
// It owns who may look and that every look is a line of the audit log, in which the number stands masked. It refuses to change a line by
// itself: what happens to lines is directory.Life's, what happens to consents consent.Book's.
//
//	Find    ── a number or an id to a line of this operator
//	Open    ── the line with all that staff see, masked     Reveal ── the whole number, with a reason
//	Revoke, EndSessions, Block, Unblock, Note               ── each with a reason, and its line in the log in the same transaction
//
// A sensitive line is opened by those staff only whom an admin named for such lines; that somebody else tried stands in the log, too.
package care

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// Store is what care needs of the database.
type Store interface {
	Subscription(ctx context.Context, id string) (dialtone.Subscription, error)
	SubscriptionByNumber(ctx context.Context, number dialtone.PhoneNumber) (dialtone.Subscription, error)
	SubscriptionByExternalID(ctx context.Context, operatorID, externalID string) (dialtone.Subscription, error)
	ConsentsHeld(ctx context.Context, subscriptionID string) ([]dialtone.Held, error)
	ConsentRecord(ctx context.Context, subscriptionID string, limit int) ([]dialtone.ConsentEvent, error)
	LiveSessions(ctx context.Context, subscriptionID string, now time.Time) ([]dialtone.Session, error)
	LineHistory(ctx context.Context, subscriptionID string, limit int) ([]dialtone.LineEvent, error)
	LineNotes(ctx context.Context, subscriptionID string, limit int) ([]dialtone.LineNote, error)
	PutLineNote(ctx context.Context, n dialtone.LineNote, e dialtone.AuditEntry) error
	EndLineSessions(ctx context.Context, subscriptionID string, now time.Time, e dialtone.AuditEntry) (int, error)
	ChangeLinesByStaff(ctx context.Context, changes []dialtone.LineChange, now time.Time, e dialtone.AuditEntry) error
	PutAudit(ctx context.Context, e dialtone.AuditEntry) error
}

// Office says who may do what.
type Office interface {
	May(ctx context.Context, actor dialtone.Actor, operatorID string, action operator.Action) (operator.Desk, error)
}

// Desk is where staff look after subscribers. Safe for concurrent use.
type Desk struct {
	Store  Store
	Office Office
	Book   consent.Book
	Region string // whose national writing of numbers is read; empty: none
}

// SensitiveError says that the person may not open a sensitive line. It wraps ErrForbidden.
type SensitiveError struct{ SubscriptionID string }

func (e *SensitiveError) Error() string {
	return fmt.Sprintf("line %s: %v: it is sensitive", e.SubscriptionID, dialtone.ErrForbidden)
}

// Unwrap makes errors.Is(err, ErrForbidden) true.
func (e *SensitiveError) Unwrap() error { return dialtone.ErrForbidden }

// Find returns the id of the operator's line with that number, written as people do, or with that id, ours or the operator's own. What was
// looked for stands in the log, a number masked. Errors: dialtone.FieldErrors on q, also if the operator has no such line; as
// operator.Office.May.
func (d *Desk) Find(ctx context.Context, actor dialtone.Actor, operatorID, q string, now time.Time) (string, error) {
	desk, err := d.Office.May(ctx, actor, operatorID, operator.ReadLines)
	if err != nil {
		return "", err
	}
	q = strings.TrimSpace(q)
	line, shown, err := d.find(ctx, operatorID, q)
	if err == nil && line.OperatorID != operatorID {
		err = dialtone.ErrNotFound
	}
	found := err == nil
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		if _, isField := errors.AsType[dialtone.FieldErrors](err); isField {
			return "", err
		}
		return "", fmt.Errorf("find line: %w", err)
	}
	words := dialtone.AuditWords{Target: shown, Detail: map[bool]string{true: "found", false: "not found"}[found]}
	if err := d.Store.PutAudit(ctx, desk.Line(actor, "line.find", line.ID, words, now)); err != nil {
		return "", fmt.Errorf("find line: %w", err)
	}
	if !found {
		return "", dialtone.FieldErrors{{Field: "q", Problem: desk.Operator.Name + " has no line with this number or id."}}
	}
	return line.ID, nil
}

// find returns the line, and what was looked for as the log may have it. ErrNotFound if there is none; FieldErrors if the text is neither.
func (d *Desk) find(ctx context.Context, operatorID, q string) (line dialtone.Subscription, shown string, err error) {
	if reading, err := directory.Read(q, d.Region); err == nil {
		line, err := d.Store.SubscriptionByNumber(ctx, reading.Number)
		if errors.Is(err, dialtone.ErrNotFound) && reading.Also != "" {
			line, err = d.Store.SubscriptionByNumber(ctx, reading.Also)
		}
		return line, reading.Number.Masked(), err
	}
	if !dialtone.ValidExternalID(q) {
		return line, "", dialtone.FieldErrors{{Field: "q", Problem: "Write a whole number, as +33 6 39 98 00 00, or the id of a line."}}
	}
	if line, err = d.Store.Subscription(ctx, q); errors.Is(err, dialtone.ErrNotFound) {
		line, err = d.Store.SubscriptionByExternalID(ctx, operatorID, q)
	}
	return line, "by id", err
}

// View is a line as staff see it.
type View struct {
	Line     dialtone.Subscription // whose number prints masked
	Held     []dialtone.Held
	Record   []dialtone.ConsentEvent // the newest first
	Sessions []dialtone.Session
	History  []dialtone.LineEvent
	Notes    []dialtone.LineNote
}

const (
	mostRecord  = 100 // lines of the consents' record that are shown
	mostHistory = 50
	mostNotes   = 50
)

// Open returns a line with all that staff see. That somebody looked is a line of the log, which is written first. Errors: ErrNotFound if the
// operator has no such line; *SensitiveError; as operator.Office.May.
func (d *Desk) Open(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID string, now time.Time) (View, error) {
	desk, line, err := d.line(ctx, actor, operatorID, subscriptionID, operator.ReadLines, now)
	if err != nil {
		return View{}, err
	}
	v := View{Line: line}
	if err := d.Store.PutAudit(ctx, lineOf(desk, actor, "line.view", line, dialtone.AuditWords{}, now)); err != nil {
		return View{}, fmt.Errorf("open line: %w", err)
	}
	if v.Held, err = d.Store.ConsentsHeld(ctx, line.ID); err == nil {
		v.Record, err = d.Store.ConsentRecord(ctx, line.ID, mostRecord)
	}
	if err == nil {
		v.Sessions, err = d.Store.LiveSessions(ctx, line.ID, now)
	}
	if err == nil {
		v.History, err = d.Store.LineHistory(ctx, line.ID, mostHistory)
	}
	if err == nil {
		v.Notes, err = d.Store.LineNotes(ctx, line.ID, mostNotes)
	}
	if err != nil {
		return View{}, fmt.Errorf("open line: %w", err)
	}
	return v, nil
}

// line returns the operator's line and the desk at which the actor may do the action with it.
func (d *Desk) line(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID string, action operator.Action, now time.Time) (operator.Desk, dialtone.Subscription, error) {
	desk, err := d.Office.May(ctx, actor, operatorID, action)
	if err != nil {
		return desk, dialtone.Subscription{}, err
	}
	line, err := d.Store.Subscription(ctx, subscriptionID)
	if err == nil && line.OperatorID != operatorID {
		err = dialtone.ErrNotFound
	}
	if err != nil {
		return desk, dialtone.Subscription{}, fmt.Errorf("line %s: %w", subscriptionID, err)
	}
	if line.Sensitive && !desk.Sensitive {
		refused := lineOf(desk, actor, "line.refused", line, dialtone.AuditWords{Detail: "sensitive"}, now)
		if err := d.Store.PutAudit(ctx, refused); err != nil {
			return desk, dialtone.Subscription{}, fmt.Errorf("line %s: %w", subscriptionID, err)
		}
		return desk, dialtone.Subscription{}, &SensitiveError{SubscriptionID: subscriptionID}
	}
	return desk, line, nil
}

// lineOf is a line of the audit log about a subscriber's line.
func lineOf(desk operator.Desk, actor dialtone.Actor, action string, line dialtone.Subscription, words dialtone.AuditWords, now time.Time) dialtone.AuditEntry {
	words.Target = line.PhoneNumber.Masked()
	return desk.Line(actor, action, line.ID, words, now)
}

const longestReason = 200 // characters

// reasonFor checks the reason that staff give. Error: dialtone.FieldErrors on reason.
func reasonFor(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", dialtone.FieldErrors{{Field: "reason", Problem: "Say why: it stands in the audit log."}}
	case utf8.RuneCountInString(text) > longestReason || len(text) > longestReason:
		return "", dialtone.FieldErrors{{Field: "reason", Problem: fmt.Sprintf("Write at most %d characters.", longestReason)}}
	case writing.Hides(text):
		return "", dialtone.FieldErrors{{Field: "reason", Problem: "Take away line breaks and invisible characters."}}
	}
	return text, nil
}

// Reveal returns the whole number of a line. Errors: dialtone.FieldErrors on reason; as Open.
func (d *Desk) Reveal(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, reason string, now time.Time) (dialtone.PhoneNumber, error) {
	desk, line, err := d.line(ctx, actor, operatorID, subscriptionID, operator.WriteLines, now)
	if err == nil {
		reason, err = reasonFor(reason)
	}
	if err == nil {
		err = d.Store.PutAudit(ctx, lineOf(desk, actor, "line.reveal", line, dialtone.AuditWords{Reason: reason}, now))
	}
	if err != nil {
		return "", fmt.Errorf("reveal number: %w", err)
	}
	return line.PhoneNumber, nil
}

// Revoke takes a consent of the line back: the product's tokens for it stop at once. Errors: dialtone.FieldErrors on reason; ErrNotFound if
// none is in force; as Open.
func (d *Desk) Revoke(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, productID, reason string, now time.Time) error {
	desk, line, err := d.line(ctx, actor, operatorID, subscriptionID, operator.WriteLines, now)
	if err == nil {
		reason, err = reasonFor(reason)
	}
	if err != nil {
		return fmt.Errorf("revoke consent: %w", err)
	}
	e := lineOf(desk, actor, "consent.revoke", line, dialtone.AuditWords{Detail: "product " + productID, Reason: reason}, now)
	return d.Book.RevokeByStaff(ctx, consent.Removal{
		OperatorID: operatorID, SubscriptionID: line.ID, ProductID: productID, Channel: dialtone.ChannelCare, Actor: actor.ID(), Reason: reason,
	}, e, now)
}

// EndSessions signs the line out of every browser, and returns how many there were. Errors: as Reveal.
func (d *Desk) EndSessions(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, reason string, now time.Time) (int, error) {
	desk, line, err := d.line(ctx, actor, operatorID, subscriptionID, operator.WriteLines, now)
	if err == nil {
		reason, err = reasonFor(reason)
	}
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	ended, err := d.Store.EndLineSessions(ctx, line.ID, now, lineOf(desk, actor, "line.sign_out", line, dialtone.AuditWords{Reason: reason}, now))
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	return ended, nil
}

// Act is something that staff do to a line as a whole.
type Act string

const (
	Block     Act = "block"
	Unblock   Act = "unblock"
	Sensitive Act = "sensitive"   // from now on only those open it who may
	Ordinary  Act = "unsensitive" // the opposite
)

// Do does it. Errors: dialtone.FieldErrors on reason and act; ErrConflict if the line has ended, or somebody changed it at the same moment; as Open.
func (d *Desk) Do(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID string, act Act, reason string, now time.Time) error {
	desk, line, err := d.line(ctx, actor, operatorID, subscriptionID, operator.WriteLines, now)
	if err == nil {
		reason, err = reasonFor(reason)
	}
	if err != nil {
		return fmt.Errorf("%s line: %w", act, err)
	}
	e := lineOf(desk, actor, "line."+string(act), line, dialtone.AuditWords{Reason: reason}, now)
	life := directory.NewLife(noting{d.Store, e})
	cause := directory.Cause{OperatorID: operatorID, Source: dialtone.SourceStaff, Actor: actor.ID(), Reason: reason}
	switch act {
	case Block:
		return life.Block(ctx, line.ID, cause, now)
	case Unblock:
		return life.Unblock(ctx, line.ID, cause, now)
	case Sensitive:
		return life.MarkSensitive(ctx, line.ID, cause, now)
	case Ordinary:
		return life.UnmarkSensitive(ctx, line.ID, cause, now)
	}
	return dialtone.FieldErrors{{Field: "act", Problem: "Choose what to do."}}
}

// noting changes lines together with the line of the audit log that tells of it.
type noting struct {
	Store
	entry dialtone.AuditEntry
}

// ChangeLines makes directory.LifeStore of it.
func (n noting) ChangeLines(ctx context.Context, changes []dialtone.LineChange, now time.Time) error {
	return n.ChangeLinesByStaff(ctx, changes, now, n.entry)
}

const longestNote = 1000 // characters

// Note writes a note for colleagues. Errors: dialtone.FieldErrors on note; as Open.
func (d *Desk) Note(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, text string, now time.Time) error {
	desk, line, err := d.line(ctx, actor, operatorID, subscriptionID, operator.WriteLines, now)
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
	switch {
	case text == "":
		return dialtone.FieldErrors{{Field: "note", Problem: "Write something."}}
	case utf8.RuneCountInString(text) > longestNote:
		return dialtone.FieldErrors{{Field: "note", Problem: fmt.Sprintf("Write at most %d characters.", longestNote)}}
	case writing.Hides(strings.ReplaceAll(text, "\n", " ")):
		return dialtone.FieldErrors{{Field: "note", Problem: "Take away invisible characters: others could not see what it says."}}
	}
	n := dialtone.LineNote{
		ID: secret.ID("note"), OperatorID: operatorID, SubscriptionID: line.ID, AuthorID: actor.AccountID, Author: actor.Name, Words: text,
		At: now.UTC().Truncate(time.Microsecond),
	}
	if err := d.Store.PutLineNote(ctx, n, lineOf(desk, actor, "line.note", line, dialtone.AuditWords{}, now)); err != nil {
		return fmt.Errorf("note: %w", err)
	}
	return nil
}
