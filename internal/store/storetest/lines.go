package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testLines(t *testing.T, db *store.DB) {
	a := NewApp(t, db)
	at := Now.Add(time.Minute)
	event := func(kind dialtone.LineEventKind) []dialtone.LineEvent {
		return []dialtone.LineEvent{{
			ID: secret.ID("le"), Kind: kind, Source: dialtone.SourceStaff, Actor: "kim", Reason: "why", Detail: "d", ImportID: "im", ImportLine: 7, At: at,
		}}
	}
	number := func(was dialtone.Subscription, to dialtone.PhoneNumber) dialtone.LineChange {
		is := was
		is.PhoneNumber = to
		return dialtone.LineChange{Was: was, Is: is, TellNumber: true, Events: event(dialtone.LineNumberChanged)}
	}

	t.Run("lines exchange their numbers", func(t *testing.T) {
		ctx := t.Context()
		x, y, z := NewLine(t, db, a), NewLine(t, db, a), NewLine(t, db, a)
		must(t, db.ChangeLines(ctx, []dialtone.LineChange{number(x, y.PhoneNumber), number(y, z.PhoneNumber), number(z, x.PhoneNumber)}, at))
		for _, c := range []struct{ line, has dialtone.Subscription }{{x, y}, {y, z}, {z, x}} {
			got, err := db.SubscriptionByNumber(ctx, c.has.PhoneNumber)
			must(t, err)
			same(t, "the line with the number", got.ID, c.line.ID)
		}
		past, err := db.PastNumbers(ctx, x.PhoneNumber, 10)
		must(t, err)
		same(t, "who had it", past, []dialtone.PastNumber{{OperatorID: a.Operator.ID, SubscriptionID: x.ID, Number: x.PhoneNumber, Until: at}})
		history, err := db.LineHistory(ctx, x.ID, 10)
		must(t, err)
		want := event(dialtone.LineNumberChanged)[0]
		want.ID, want.OperatorID, want.SubscriptionID = history[0].ID, a.Operator.ID, x.ID
		same(t, "history", history, []dialtone.LineEvent{want})
	})

	t.Run("a new line gets the number and the id of one that ends", func(t *testing.T) {
		ctx, old := t.Context(), NewLine(t, db, a)
		named := old
		named.ExternalID, named.Sensitive, named.StatusDecided, named.SensitiveDecided, named.SIMChanged = "contract 1", true, true, true, at
		must(t, db.ChangeLines(ctx, []dialtone.LineChange{{Was: old, Is: named}}, at))
		got, err := db.SubscriptionByExternalID(ctx, a.Operator.ID, named.ExternalID)
		must(t, err)
		same(t, "by the operator's id", got, named)
		next := dialtone.Subscription{
			ID: secret.ID("sub"), OperatorID: a.Operator.ID, PhoneNumber: old.PhoneNumber, Status: dialtone.SubscriptionActive, Created: at,
			ExternalID: named.ExternalID,
		}
		end := dialtone.LineChange{Was: named, Is: named}
		end.Is.Status = dialtone.SubscriptionEnded
		fails(t, "with the id of the other", db.ChangeLines(ctx, []dialtone.LineChange{end, {Is: next}}, at), dialtone.ErrConflict)
		end.Is.ExternalID = ""
		must(t, db.ChangeLines(ctx, []dialtone.LineChange{end, {Is: next}}, at))
		got, err = db.SubscriptionByNumber(ctx, old.PhoneNumber)
		must(t, err)
		same(t, "the line with the number", got, next)
		ended, err := db.EndedWithNumber(ctx, old.PhoneNumber, 10)
		must(t, err)
		same(t, "who had it", []string{ended[0].ID, ended[0].ExternalID}, []string{old.ID, ""})
		_, err = db.SubscriptionByExternalID(ctx, a.Operator.ID, "")
		fails(t, "no id", err, dialtone.ErrNotFound)
	})

	t.Run("a change is made to the line that was read, or not at all", func(t *testing.T) {
		ctx, line, taken := t.Context(), NewLine(t, db, a), NewLine(t, db, a)
		stale := line
		stale.Status = dialtone.SubscriptionBlocked
		renumbered := line
		renumbered.PhoneNumber = "+46709999999"
		decided := line
		decided.StatusDecided = true
		ended := renumbered
		ended.Status = dialtone.SubscriptionEnded
		second := line
		second.ID = secret.ID("sub")
		unknown := line
		unknown.ID = secret.ID("sub")
		blocked := unknown
		blocked.Status = dialtone.SubscriptionBlocked
		for name, c := range map[string]dialtone.LineChange{
			"another status":               {Was: stale, Is: line},
			"another number":               {Was: renumbered, Is: line},
			"ending one of another number": {Was: renumbered, Is: ended},
			"somebody decided":             {Was: decided, Is: line},
			"a number that is taken":       number(line, taken.PhoneNumber),
			"a second line":                {Is: second},
			"a line that is not there":     {Was: unknown, Is: blocked},
		} {
			fine := NewLine(t, db, a)
			err := db.ChangeLines(ctx, []dialtone.LineChange{c, number(fine, "+4670"+dialtone.PhoneNumber(secret.Digits(10).Reveal()))}, at)
			fails(t, name, err, dialtone.ErrConflict)
			got, err := db.Subscription(ctx, fine.ID)
			must(t, err)
			same(t, name+": the other line", got, fine)
		}
		got, err := db.Subscription(ctx, line.ID)
		must(t, err)
		same(t, "line", got, line)
	})
}

func testImports(t *testing.T, db *store.DB) {
	a := NewApp(t, db)
	begin := func(t *testing.T, dry bool) dialtone.DirectoryImport {
		t.Helper()
		i, err := db.BeginImport(t.Context(), dialtone.DirectoryImport{
			ID: secret.ID("im"), OperatorID: a.Operator.ID, Name: "lines.csv", Fingerprint: secret.ID("print"), Settings: `{"x":1}`, Dry: dry,
			Lines: 10, Stage: 1, StartedBy: "kim",
		}, Now)
		must(t, err)
		return i
	}
	line := func() dialtone.Subscription {
		return dialtone.Subscription{
			ID: secret.ID("sub"), OperatorID: a.Operator.ID, PhoneNumber: dialtone.PhoneNumber("+4670" + secret.Digits(10).Reveal()),
			Status: dialtone.SubscriptionActive, Created: Now, ExternalID: secret.ID("x"),
		}
	}
	makes := func(s dialtone.Subscription) func([]dialtone.Subscription) (dialtone.ImportDecision, error) {
		return func([]dialtone.Subscription) (dialtone.ImportDecision, error) {
			return dialtone.ImportDecision{
				Changes: []dialtone.LineChange{{Is: s}}, Counts: dialtone.ImportCounts{Created: 1, Refused: 1},
				Faults: []dialtone.ImportFault{{Line: 3, Code: "bad", Problem: "so", Cells: []string{"+4670", "=1"}}, {Line: 4, Code: dialtone.FaultWaits}},
			}, nil
		}
	}

	t.Run("an import goes on where it stopped", func(t *testing.T) {
		ctx, i := t.Context(), begin(t, false)
		again := i
		again.ID = secret.ID("im")
		got, err := db.BeginImport(ctx, again, Now)
		must(t, err)
		same(t, "the same file again", got, i)

		c := dialtone.ImportChunk{ImportID: i.ID, OperatorID: a.Operator.ID, Stage: 1, From: 0, To: 5}
		made := line()
		for range 2 { // the second time the answer was lost on the way
			got, err = db.ImportChunk(ctx, c, makes(made), Now.Add(time.Second))
			must(t, err)
			same(t, "counts and position", []any{got.Counts, got.Stage, got.Position}, []any{dialtone.ImportCounts{Created: 1, Refused: 1}, 1, 5})
		}
		_, err = db.ImportChunk(ctx, dialtone.ImportChunk{ImportID: i.ID, OperatorID: a.Operator.ID, Stage: 1, From: 3, To: 9}, makes(line()), Now)
		fails(t, "another position", err, dialtone.ErrConflict)
		_, err = db.ImportChunk(ctx, dialtone.ImportChunk{ImportID: i.ID, OperatorID: "other", Stage: 1, From: 5, To: 9}, makes(line()), Now)
		fails(t, "another operator", err, dialtone.ErrNotFound)

		c.From, c.To, c.ExternalIDs, c.Numbers, c.Last = 5, 9, []string{made.ExternalID}, []dialtone.PhoneNumber{made.PhoneNumber}, true
		got, err = db.ImportChunk(ctx, c, func(lines []dialtone.Subscription) (dialtone.ImportDecision, error) {
			same(t, "lines", lines, []dialtone.Subscription{made})
			return dialtone.ImportDecision{Taken: []int{4}, Counts: dialtone.ImportCounts{Unchanged: 1}}, nil
		}, Now)
		must(t, err)
		same(t, "stage", []int{got.Stage, got.Position, got.Counts.Unchanged}, []int{2, 0, 1})
		faults, err := db.ImportFaults(ctx, i.ID, 0, 10)
		must(t, err)
		same(t, "faults", faults, []dialtone.ImportFault{{Line: 3, Code: "bad", Problem: "so", Cells: []string{"+4670", "=1"}}})
		waiting, err := db.WaitingLines(ctx, i.ID, 10)
		must(t, err)
		same(t, "waiting", len(waiting), 0)
		must(t, db.FinishImport(ctx, i.ID, dialtone.ImportDone, "", Now))
		fails(t, "at its end", db.FinishImport(ctx, i.ID, dialtone.ImportFailed, "x", Now), dialtone.ErrConflict)
		got, err = db.Import(ctx, a.Operator.ID, i.ID)
		must(t, err)
		same(t, "state", []any{got.State, got.Finished}, []any{dialtone.ImportDone, Now})
		_, err = db.Import(ctx, "other", i.ID)
		fails(t, "of another operator", err, dialtone.ErrNotFound)
		got, err = db.BeginImport(ctx, again, Now)
		must(t, err)
		same(t, "the same file once more", got.ID, again.ID)
	})

	t.Run("a part is written whole or not at all", func(t *testing.T) {
		ctx, i, taken := t.Context(), begin(t, false), NewLine(t, db, a)
		twice := line()
		twice.PhoneNumber = taken.PhoneNumber
		c := dialtone.ImportChunk{ImportID: i.ID, OperatorID: a.Operator.ID, Stage: 1, From: 0, To: 5}
		_, err := db.ImportChunk(ctx, c, makes(twice), Now)
		fails(t, "a number that is taken", err, dialtone.ErrConflict)
		stop := errors.New("stop")
		_, err = db.ImportChunk(ctx, c, func([]dialtone.Subscription) (dialtone.ImportDecision, error) { return dialtone.ImportDecision{}, stop }, Now)
		fails(t, "what decide says", err, stop)
		got, err := db.Import(ctx, a.Operator.ID, i.ID)
		must(t, err)
		same(t, "position", []any{got.Position, got.Counts}, []any{0, dialtone.ImportCounts{}})
		faults, err := db.ImportFaults(ctx, i.ID, 0, 10)
		must(t, err)
		same(t, "faults", len(faults), 0)
	})

	t.Run("a dry run changes no line and counts what would be lost", func(t *testing.T) {
		ctx, i, p := t.Context(), begin(t, true), NewPerson(t, db, a)
		end := dialtone.LineChange{Was: p.Subscription, Is: p.Subscription}
		end.Is.Status = dialtone.SubscriptionEnded
		got, err := db.ImportChunk(ctx, dialtone.ImportChunk{ImportID: i.ID, OperatorID: a.Operator.ID, Stage: 1, From: 0, To: 5},
			func([]dialtone.Subscription) (dialtone.ImportDecision, error) {
				return dialtone.ImportDecision{Changes: []dialtone.LineChange{end, {Is: line()}}, Counts: dialtone.ImportCounts{Ended: 1}}, nil
			}, Now)
		must(t, err)
		same(t, "counts", got.Counts, dialtone.ImportCounts{Ended: 1, LostConsents: 1, LostSessions: 1})
		still, err := db.Subscription(ctx, p.Subscription.ID)
		must(t, err)
		same(t, "line", still, p.Subscription)
	})
}
