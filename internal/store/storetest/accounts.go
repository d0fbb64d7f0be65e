package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testAccounts(t *testing.T, db *store.DB) {
	t.Run("an account is found by its id and its address, and renamed", func(t *testing.T) {
		ctx := t.Context()
		account, _ := NewAccount(t, db)
		must(t, db.RenameAccount(ctx, account.ID, "Kim"))
		account.Name = "Kim"
		got, err := db.Account(ctx, account.ID)
		must(t, err)
		same(t, "by id", got, account)
		got, err = db.AccountByEmail(ctx, account.Email)
		must(t, err)
		same(t, "by address", got, account)
	})

	t.Run("nobody has no address", func(t *testing.T) {
		ctx := t.Context()
		_, err := db.Account(ctx, "nobody")
		fails(t, "an unknown id", err, dialtone.ErrNotFound)
		_, err = db.AccountByEmail(ctx, "nobody@example.com")
		fails(t, "an unknown address", err, dialtone.ErrNotFound)
		_, err = db.AccountByEmail(ctx, "")
		fails(t, "no address", err, dialtone.ErrNotFound)
		fails(t, "renaming nobody", db.RenameAccount(ctx, "nobody", "x"), dialtone.ErrNotFound)
	})
}

func testEmailCodes(t *testing.T, db *store.DB) {
	person := func() dialtone.Account {
		id := secret.ID("acc")
		return dialtone.Account{ID: id, Email: id + "@example.com", Created: Now}
	}

	t.Run("the right code signs in, and the second time finds the same account", func(t *testing.T) {
		ctx, account := t.Context(), person()
		for i, want := range []dialtone.EmailTried{
			{Account: account, New: true, Right: true, AttemptsLeft: 4}, {Account: account, Right: true, AttemptsLeft: 4},
		} {
			c, s := NewEmailCode(), NewAccountSession()
			must(t, createEmailCode(ctx, db, c, nil, Now))
			ifNew := account
			if i > 0 {
				ifNew.ID = secret.ID("acc")
			}
			tried, err := db.TryEmailCode(ctx, RightEmailTry(c), ifNew, s, Now)
			must(t, err)
			same(t, "tried", tried, want)

			s.AccountID = account.ID
			session, who, err := db.AccountSession(ctx, s.ID)
			must(t, err)
			same(t, "session", session, s)
			same(t, "account", who, account)
			_, err = db.TryEmailCode(ctx, RightEmailTry(c), account, NewAccountSession(), Now)
			fails(t, "the same code again", err, dialtone.ErrConflict)
		}
	})

	t.Run("a wrong code signs nobody in and counts", func(t *testing.T) {
		ctx, c, s, account := t.Context(), NewEmailCode(), NewAccountSession(), person()
		must(t, createEmailCode(ctx, db, c, nil, Now))
		wrong := RightEmailTry(c)
		wrong.CodeHash, wrong.MaxAttempts = "wrong", 2
		for left := 1; left >= 0; left-- {
			tried, err := db.TryEmailCode(ctx, wrong, account, s, Now)
			must(t, err)
			same(t, "tried", tried, dialtone.EmailTried{AttemptsLeft: left})
		}
		right := RightEmailTry(c)
		right.MaxAttempts = 2
		_, err := db.TryEmailCode(ctx, right, account, s, Now)
		fails(t, "the right one, too late", err, dialtone.ErrExhausted)
		_, err = db.Account(ctx, account.ID)
		fails(t, "the account", err, dialtone.ErrNotFound)
		_, _, err = db.AccountSession(ctx, s.ID)
		fails(t, "the session", err, dialtone.ErrNotFound)
	})

	t.Run("tries that do not count say why", func(t *testing.T) {
		ctx, c := t.Context(), NewEmailCode()
		must(t, createEmailCode(ctx, db, c, nil, Now))
		try := func(change func(*dialtone.EmailTry), at time.Time) error {
			try := RightEmailTry(c)
			change(&try)
			_, err := db.TryEmailCode(ctx, try, person(), NewAccountSession(), at)
			return err
		}
		fails(t, "an unknown code", try(func(x *dialtone.EmailTry) { x.ID = "nothing" }, Now), dialtone.ErrNotFound)
		fails(t, "another browser", try(func(x *dialtone.EmailTry) { x.BrowserHash = "other" }, Now), dialtone.ErrNotFound)
		fails(t, "another address", try(func(x *dialtone.EmailTry) { x.EmailKey = "other" }, Now), dialtone.ErrNotFound)
		fails(t, "too late", try(func(*dialtone.EmailTry) {}, c.Expires), dialtone.ErrExpired)

		newer := c
		newer.ID = secret.ID("ec")
		must(t, createEmailCode(ctx, db, newer, nil, Now))
		fails(t, "a newer one", try(func(*dialtone.EmailTry) {}, Now), dialtone.ErrExpired)
		c = newer
		must(t, try(func(x *dialtone.EmailTry) { x.MaxAttempts = 1 }, Now)) // none of those counted
	})

	t.Run("a code of a clock that was years ahead is over", func(t *testing.T) {
		ctx, c, future := t.Context(), NewEmailCode(), Now.Add(years)
		c.Created, c.Expires = future, future.Add(10*time.Minute)
		must(t, createEmailCode(ctx, db, c, nil, future))
		_, err := db.TryEmailCode(ctx, RightEmailTry(c), person(), NewAccountSession(), Now)
		fails(t, "its code", err, dialtone.ErrExpired)
	})

	t.Run("who guesses at an address gets a long code", func(t *testing.T) {
		ctx, key := t.Context(), secret.ID("b")
		guesses := dialtone.Budget{Key: key, Limits: []dialtone.Limit{{Count: 3, Window: time.Hour}, {Count: 4, Window: 24 * time.Hour}}}
		ask := func(guesses dialtone.Budget, at time.Time) dialtone.EmailCode {
			c := NewEmailCode()
			c.Created, c.Expires = at, at.Add(10*time.Minute)
			made, err := db.CreateEmailCode(ctx, dialtone.EmailIssue{Code: c, LongHash: "long", Guesses: guesses}, at)
			must(t, err)
			c.CodeHash = made.CodeHash
			same(t, "the code", made, c)
			return made
		}
		try := func(c dialtone.EmailCode, hash, key string) {
			wrong := RightEmailTry(c)
			wrong.CodeHash, wrong.GuessKey = hash, key
			_, err := db.TryEmailCode(ctx, wrong, person(), NewAccountSession(), Now)
			must(t, err)
		}
		c := ask(guesses, Now)
		for range 2 {
			try(c, "wrong", key)
		}
		try(c, "wrong", "") // not counted
		if got := ask(guesses, Now).CodeHash; got == "long" {
			t.Error("long after two wrong tries")
		}
		try(c, c.CodeHash, key) // a right one is not counted
		if got := ask(guesses, Now).CodeHash; got == "long" {
			t.Error("long after two wrong tries and a right one")
		}
		try(ask(guesses, Now), "wrong", key)
		same(t, "after three", ask(guesses, Now).CodeHash, "long")
		if ask(dialtone.Budget{}, Now).CodeHash == "long" {
			t.Error("long for who is known")
		}
		if got := ask(guesses, Now.Add(time.Hour)).CodeHash; got == "long" {
			t.Error("long an hour later")
		}
	})

	t.Run("a used-up budget leaves the earlier code as it was", func(t *testing.T) {
		ctx, first := t.Context(), NewEmailCode()
		budgets := []dialtone.Budget{{Key: secret.ID("b"), Limits: []dialtone.Limit{{Count: 1, Window: time.Hour}}}}
		must(t, createEmailCode(ctx, db, first, budgets, Now))
		second := first
		second.ID = secret.ID("ec")
		retryAfter(t, "the second", createEmailCode(ctx, db, second, budgets, Now), time.Hour)
		_, err := db.TryEmailCode(ctx, RightEmailTry(second), person(), NewAccountSession(), Now)
		fails(t, "the second code", err, dialtone.ErrNotFound)
		_, err = db.TryEmailCode(ctx, RightEmailTry(first), person(), NewAccountSession(), Now)
		must(t, err)
	})
}

func testAccountSessions(t *testing.T, db *store.DB) {
	t.Run("sessions are listed, seen and ended", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		newer, old := NewAccountSession(), NewAccountSession()
		newer.AccountID, newer.Method = d.Account.ID, dialtone.SignInPasskey
		old.AccountID, old.Expires = d.Account.ID, Now.Add(time.Minute)
		must(t, db.CreateAccountSession(ctx, newer))
		must(t, db.CreateAccountSession(ctx, old))
		fails(t, "the same id again", db.CreateAccountSession(ctx, newer), dialtone.ErrConflict)
		at := Now.Add(time.Minute)
		must(t, db.TouchAccountSessions(ctx, map[string]time.Time{newer.ID: at.Add(years)})) // by a clock that was years ahead
		must(t, db.TouchAccountSessions(ctx, map[string]time.Time{newer.ID: at}))
		must(t, db.TouchAccountSessions(ctx, map[string]time.Time{newer.ID: Now, d.Session.ID: Now}))
		newer.Seen = at
		list, err := db.AccountSessions(ctx, d.Account.ID, at)
		must(t, err)
		same(t, "sessions", list, []dialtone.AccountSession{newer, d.Session})

		fails(t, "somebody else's", db.EndAccountSession(ctx, "nobody", newer.ID, at, d.Activity("session.end")), dialtone.ErrNotFound)
		must(t, db.EndAccountSession(ctx, d.Account.ID, newer.ID, at, d.Activity("session.end")))
		fails(t, "a second time", db.EndAccountSession(ctx, d.Account.ID, newer.ID, at, d.Activity("session.end")), dialtone.ErrNotFound)
		newer.Ended = at
		ended, _, err := db.AccountSession(ctx, newer.ID)
		must(t, err)
		same(t, "the ended session", ended, newer)
	})

	t.Run("all others are ended at once", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		_, stranger := NewAccount(t, db)
		for range 2 {
			s := NewAccountSession()
			s.AccountID = d.Account.ID
			must(t, db.CreateAccountSession(ctx, s))
		}
		ended, err := db.EndOtherAccountSessions(ctx, d.Account.ID, d.Session.ID, Now, d.Activity("session.end_others"))
		must(t, err)
		same(t, "ended", ended, 2)
		list, err := db.AccountSessions(ctx, d.Account.ID, Now)
		must(t, err)
		same(t, "left", list, []dialtone.AccountSession{d.Session})
		s, _, err := db.AccountSession(ctx, stranger.ID)
		must(t, err)
		same(t, "somebody else's is live", s.Live(Now), true)
	})
}

func testPasskeys(t *testing.T, db *store.DB) {
	ctx, d := t.Context(), NewDeveloper(t, db)
	first := dialtone.Passkey{ID: secret.ID("pk"), AccountID: d.Account.ID, Name: "Laptop", Credential: `{"n":0}`, Created: Now}
	second := dialtone.Passkey{ID: secret.ID("pk"), AccountID: d.Account.ID, Name: "Phone", Credential: `{}`, Created: Now.Add(time.Second)}
	must(t, db.PutPasskey(ctx, second, d.Activity("passkey.create")))
	must(t, db.PutPasskey(ctx, first, d.Activity("passkey.create")))
	fails(t, "the same id again", db.PutPasskey(ctx, first, d.Activity("passkey.create")), dialtone.ErrConflict)
	stray := first
	stray.ID, stray.AccountID = secret.ID("pk"), "nobody"
	fails(t, "of nobody", db.PutPasskey(ctx, stray, d.Activity("passkey.create")), dialtone.ErrNotFound)

	at := Now.Add(time.Hour)
	must(t, db.UsePasskey(ctx, first.ID, first.Credential, `{"n":1}`, at))
	fails(t, "an old sign count", db.UsePasskey(ctx, first.ID, first.Credential, `{"n":1}`, at), dialtone.ErrConflict)
	fails(t, "an unknown key", db.UsePasskey(ctx, "nothing", "", "", at), dialtone.ErrNotFound)
	fails(t, "renaming somebody else's", db.RenamePasskey(ctx, "nobody", first.ID, "x"), dialtone.ErrNotFound)
	must(t, db.RenamePasskey(ctx, d.Account.ID, first.ID, "Work laptop"))
	first.Credential, first.LastUsed, first.Name = `{"n":1}`, at, "Work laptop"

	list, err := db.Passkeys(ctx, d.Account.ID)
	must(t, err)
	same(t, "passkeys", list, []dialtone.Passkey{first, second})
	fails(t, "deleting somebody else's", db.DeletePasskey(ctx, "nobody", first.ID, d.Activity("passkey.delete")), dialtone.ErrNotFound)
	must(t, db.DeletePasskey(ctx, d.Account.ID, first.ID, d.Activity("passkey.delete")))
	_, err = db.Passkey(ctx, first.ID)
	fails(t, "the deleted key", err, dialtone.ErrNotFound)
	got, err := db.Passkey(ctx, second.ID)
	must(t, err)
	same(t, "the other key", got, second)
}
