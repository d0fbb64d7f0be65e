package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testCare(t *testing.T, db *store.DB) {
	ctx := t.Context()
	person := NewPerson(t, db, NewApp(t, db))
	line := person.Subscription
	e := func(action string) dialtone.AuditEntry { return AuditLine(line.OperatorID, "staff", action, line.ID) }

	held, err := db.ConsentsHeld(ctx, line.ID)
	must(t, err)
	if len(held) != 1 || held[0].Consent.ID != person.Consent.ID || held[0].Product.ID != person.Consent.ProductID || held[0].Organization == "" {
		t.Errorf("held: %+v", held)
	}
	sessions, err := db.LiveSessions(ctx, line.ID, Now)
	must(t, err)
	same(t, "sessions", len(sessions), 1)
	ended, err := db.EndLineSessions(ctx, line.ID, Now, e("line.sign_out"))
	must(t, err)
	same(t, "ended", ended, 1)
	sessions, err = db.LiveSessions(ctx, line.ID, Now)
	must(t, err)
	same(t, "sessions after that", len(sessions), 0)

	history := dialtone.ConsentEvent{
		ID: secret.ID("ce"), OperatorID: line.OperatorID, SubscriptionID: line.ID, ProductID: person.Consent.ProductID,
		Kind: dialtone.ConsentRevoked, Channel: dialtone.ChannelCare, Actor: "staff", Reason: "asked", At: Now.Add(time.Second),
	}
	event := dialtone.Event{ID: secret.ID("ev"), Kind: dialtone.EventConsentRevoked, ProductID: history.ProductID, SubscriptionID: line.ID, Payload: "{}", At: Now}
	must(t, db.RevokeConsentByStaff(ctx, line.ID, history.ProductID, history, event, Now.Add(time.Second), e("consent.revoke")))
	history.ID, event.ID = secret.ID("ce"), secret.ID("ev")
	fails(t, "again", db.RevokeConsentByStaff(ctx, line.ID, history.ProductID, history, event, Now, e("consent.revoke")), dialtone.ErrNotFound)
	held, err = db.ConsentsHeld(ctx, line.ID)
	must(t, err)
	same(t, "held after that", len(held), 0)
	record, err := db.ConsentRecord(ctx, line.ID, 1)
	must(t, err)
	same(t, "the newest of the record", record[0].Kind, dialtone.ConsentRevoked)
	lines, err := db.AuditFrom(ctx, line.OperatorID, 1, 10)
	must(t, err)
	same(t, "lines of the audit log", len(lines), 2)

	n := dialtone.LineNote{ID: secret.ID("note"), OperatorID: line.OperatorID, SubscriptionID: line.ID, AuthorID: "staff", Author: "Kim", Words: "Friendly.", At: Now}
	must(t, db.PutLineNote(ctx, n, e("line.note")))
	notes, err := db.LineNotes(ctx, line.ID, 10)
	must(t, err)
	same(t, "notes", notes, []dialtone.LineNote{n})

	staff := newStaff(t, db, line.OperatorID, dialtone.StaffCare)
	must(t, db.SetMayOpenSensitive(ctx, line.OperatorID, staff.ID, true, e("staff.sensitive")))
	post, err := db.Post(ctx, line.OperatorID, staff.ID)
	must(t, err)
	same(t, "may open sensitive lines", post.Sensitive, true)
	fails(t, "somebody else", db.SetMayOpenSensitive(ctx, line.OperatorID, "nobody", true, e("staff.sensitive")), dialtone.ErrNotFound)
}
