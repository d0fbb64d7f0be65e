package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// retryAfter fails the test if err is not a used-up budget with room again after the time that is wanted.
func retryAfter(t *testing.T, what string, err error, want time.Duration) {
	t.Helper()
	var budget *dialtone.BudgetError
	if !errors.As(err, &budget) {
		t.Errorf("%s: got error %v, want a used-up budget", what, err)
		return
	}
	same(t, what+": retry after", budget.RetryAfter, want)
}

func testBudgets(t *testing.T, db *store.DB) {
	t.Run("every limit counts in its own rolling window", func(t *testing.T) {
		ctx := t.Context()
		budget := []dialtone.Budget{{Key: secret.ID("b"), Limits: []dialtone.Limit{{Count: 2, Window: time.Hour}, {Count: 3, Window: 24 * time.Hour}}}}
		must(t, db.Spend(ctx, budget, Now))
		must(t, db.Spend(ctx, budget, Now.Add(10*time.Minute)))
		retryAfter(t, "the third in an hour", db.Spend(ctx, budget, Now.Add(20*time.Minute)), 40*time.Minute)
		must(t, db.Spend(ctx, budget, Now.Add(time.Hour)))
		retryAfter(t, "the fourth in a day", db.Spend(ctx, budget, Now.Add(5*time.Hour)), 19*time.Hour)
		must(t, db.Spend(ctx, budget, Now.Add(24*time.Hour)))
	})

	t.Run("what a clock years ahead spent refuses nobody today", func(t *testing.T) {
		ctx := t.Context()
		budget := []dialtone.Budget{{Key: secret.ID("b"), Limits: []dialtone.Limit{{Count: 2, Window: time.Hour}}}}
		for range 2 {
			must(t, db.Spend(ctx, budget, Now.Add(years)))
			must(t, db.Spend(ctx, budget, Now.Add(30*time.Minute))) // a clock half an hour ahead counts
		}
		retryAfter(t, "the third", db.Spend(ctx, budget, Now), time.Hour)
		must(t, db.Spend(ctx, budget, Now.Add(90*time.Minute)))
	})

	t.Run("all budgets are spent or none", func(t *testing.T) {
		ctx := t.Context()
		one := []dialtone.Limit{{Count: 1, Window: time.Hour}}
		free, used := dialtone.Budget{Key: secret.ID("b"), Limits: one}, dialtone.Budget{Key: secret.ID("b"), Limits: one}
		must(t, db.Spend(ctx, []dialtone.Budget{used}, Now))
		retryAfter(t, "both", db.Spend(ctx, []dialtone.Budget{free, used}, Now), time.Hour)
		must(t, db.Spend(ctx, []dialtone.Budget{free}, Now))
	})

	t.Run("no key and no limits allow everything, none allows nothing", func(t *testing.T) {
		ctx := t.Context()
		never := []dialtone.Limit{{Count: 0, Window: time.Hour}}
		for range 3 {
			must(t, db.Spend(ctx, []dialtone.Budget{{Limits: never}, {Key: "unlimited"}}, Now))
		}
		retryAfter(t, "a count of zero", db.Spend(ctx, []dialtone.Budget{{Key: secret.ID("b"), Limits: never}}, Now), time.Hour)
	})
}

func testChallenges(t *testing.T, db *store.DB) {
	t.Run("a challenge comes back as it was", func(t *testing.T) {
		ctx, c := t.Context(), NewChallenge("line")
		must(t, createChallenge(ctx, db, c, nil, Now))
		got, err := db.Challenge(ctx, c.ID)
		must(t, err)
		same(t, "challenge of a line that nobody has", got, dialtone.ChallengeState{Challenge: c})
		_, err = db.Challenge(ctx, "nothing")
		fails(t, "an unknown one", err, dialtone.ErrNotFound)
	})

	t.Run("a new challenge supersedes those of the same browser and request", func(t *testing.T) {
		ctx, first := t.Context(), NewChallenge("line")
		other, second := first, first
		other.ID, other.RequestHash, second.ID = secret.ID("ch"), "another tab", secret.ID("ch")
		for _, c := range []dialtone.Challenge{first, other, second} {
			must(t, createChallenge(ctx, db, c, nil, Now))
		}
		for c, superseded := range map[string]bool{first.ID: true, other.ID: false, second.ID: false} {
			got, err := db.Challenge(ctx, c)
			must(t, err)
			same(t, "superseded", got.Superseded, superseded)
			same(t, "its code is gone", got.SealedCode == "", superseded)
		}
	})

	t.Run("a number that is guessed at gets the long code", func(t *testing.T) {
		ctx, line := t.Context(), NewLine(t, db, NewApp(t, db))
		guesses := dialtone.Budget{Key: secret.ID("b"), Limits: []dialtone.Limit{{Count: 3, Window: time.Hour}, {Count: 4, Window: 24 * time.Hour}}}
		long := dialtone.Code{Digits: 8, Hash: "long", Sealed: "long sealed"}
		issue := func(at time.Time) dialtone.Challenge {
			c := NewChallenge(line.ID)
			c.Created, c.Expires = at, at.Add(5*time.Minute)
			got, err := db.CreateChallenge(ctx, dialtone.Issue{Challenge: c, Long: long, Guesses: guesses}, at)
			must(t, err)
			stored, err := db.Challenge(ctx, c.ID)
			must(t, err)
			same(t, "stored", stored, dialtone.ChallengeState{Challenge: got, Line: line})
			if got.Digits == 8 {
				c.Digits, c.CodeHash, c.SealedCode = long.Digits, long.Hash, long.Sealed
			}
			same(t, "challenge", got, c)
			return got
		}
		guess := func(c dialtone.Challenge, at time.Time) {
			try := RightTry(c)
			try.GuessKey, try.CodeHash = guesses.Key, "wrong"
			_, err := db.TryChallenge(ctx, try, at)
			must(t, err)
		}
		c := issue(Now)
		same(t, "digits before", c.Digits, 6)
		for range 3 {
			guess(c, Now)
		}
		c = issue(Now)
		same(t, "digits after three wrong ones", c.Digits, 8)
		tried, err := db.TryChallenge(ctx, RightTry(c), Now)
		must(t, err)
		same(t, "the right one", tried.Right, true)
		same(t, "digits although the right one came", issue(Now).Digits, 8)
		c = issue(Now.Add(time.Hour))
		same(t, "an hour later", c.Digits, 6)
		guess(c, Now.Add(time.Hour))
		same(t, "the fourth in a day", issue(Now.Add(2*time.Hour)).Digits, 8)
		same(t, "years before", issue(Now.Add(-5*365*24*time.Hour)).Digits, 6)
	})

	t.Run("a challenge of a clock that was years ahead is over", func(t *testing.T) {
		ctx, future := t.Context(), Now.Add(5*365*24*time.Hour)
		c := NewChallenge(NewLine(t, db, NewApp(t, db)).ID)
		c.Created, c.NextSend, c.Expires = future, future.Add(time.Minute), future.Add(5*time.Minute)
		must(t, createChallenge(ctx, db, c, nil, future))
		_, err := db.TryChallenge(ctx, RightTry(c), Now)
		fails(t, "its PIN", err, dialtone.ErrExpired)
		_, err = db.ResendChallenge(ctx, c.ID, c.BrowserHash, dialtone.Resend{}, 4, nil, c.NextSend.Add(-4*365*24*time.Hour))
		fails(t, "its resend", err, dialtone.ErrExpired)
		c.ID, c.Created = secret.ID("ch"), Now.Add(5*time.Second) // of a node whose clock is a little ahead
		must(t, createChallenge(ctx, db, c, nil, Now))
		tried, err := db.TryChallenge(ctx, RightTry(c), Now)
		must(t, err)
		same(t, "right", tried.Right, true)
	})

	t.Run("a used-up budget leaves everything as it was", func(t *testing.T) {
		ctx, first := t.Context(), NewChallenge("line")
		second := first
		second.ID = secret.ID("ch")
		budgets := []dialtone.Budget{{Key: secret.ID("b"), Limits: []dialtone.Limit{{Count: 1, Window: time.Hour}}}}
		must(t, createChallenge(ctx, db, first, budgets, Now))
		retryAfter(t, "the second", createChallenge(ctx, db, second, budgets, Now), time.Hour)
		got, err := db.Challenge(ctx, first.ID)
		must(t, err)
		same(t, "superseded", got.Superseded, false)
	})

	t.Run("a resend changes what it names", func(t *testing.T) {
		ctx, c := t.Context(), NewChallenge("line")
		must(t, createChallenge(ctx, db, c, nil, Now))
		wrong := RightTry(c)
		wrong.CodeHash = "wrong"
		_, err := db.TryChallenge(ctx, wrong, Now)
		must(t, err)

		at := c.NextSend
		c.Sends, c.NextSend, c.Attempts = 2, at.Add(time.Minute), 1
		got, err := db.ResendChallenge(ctx, c.ID, c.BrowserHash, dialtone.Resend{NextSend: c.NextSend}, 4, nil, at)
		must(t, err)
		same(t, "the same code again", got, c)

		at = c.NextSend
		c.Sends, c.NextSend, c.Attempts, c.Digits, c.CodeHash, c.SealedCode, c.Expires = 3, at.Add(time.Minute), 0, 8, "new", "new sealed", at.Add(5*time.Minute)
		got, err = db.ResendChallenge(ctx, c.ID, c.BrowserHash,
			dialtone.Resend{Code: dialtone.Code{Digits: 8, Hash: "new", Sealed: "new sealed"}, Expires: c.Expires, NextSend: c.NextSend}, 4, nil, at)
		must(t, err)
		same(t, "a new code gets all its tries", got, c)
	})

	t.Run("a resend says why it is refused", func(t *testing.T) {
		ctx, c := t.Context(), NewChallenge(NewLine(t, db, NewApp(t, db)).ID)
		must(t, createChallenge(ctx, db, c, nil, Now))
		resend := func(browser string, maxSends int, budgets []dialtone.Budget, at time.Time) error {
			_, err := db.ResendChallenge(ctx, c.ID, browser, dialtone.Resend{NextSend: at.Add(time.Minute)}, maxSends, budgets, at)
			return err
		}
		spent := []dialtone.Budget{{Key: secret.ID("b"), Limits: []dialtone.Limit{{Count: 0, Window: time.Hour}}}}
		fails(t, "too early", resend(c.BrowserHash, 4, nil, Now), dialtone.ErrConflict)
		fails(t, "another browser", resend("other", 4, nil, c.NextSend), dialtone.ErrNotFound)
		fails(t, "too often", resend(c.BrowserHash, 1, nil, c.NextSend), dialtone.ErrExhausted)
		retryAfter(t, "no budget", resend(c.BrowserHash, 4, spent, c.NextSend), time.Hour)
		fails(t, "too late", resend(c.BrowserHash, 4, nil, c.Expires), dialtone.ErrExpired)
		got, err := db.Challenge(ctx, c.ID)
		must(t, err)
		same(t, "the challenge after all that", got.Challenge, c)

		_, err = db.TryChallenge(ctx, RightTry(c), Now)
		must(t, err)
		fails(t, "after the right PIN", resend(c.BrowserHash, 4, nil, c.NextSend), dialtone.ErrConflict)
		newer := c
		newer.ID = secret.ID("ch")
		must(t, createChallenge(ctx, db, newer, nil, Now))
		c = newer
		newest := c
		newest.ID = secret.ID("ch")
		must(t, createChallenge(ctx, db, newest, nil, Now))
		fails(t, "a newer one", resend(c.BrowserHash, 4, nil, c.NextSend), dialtone.ErrSuperseded)
	})
}

func testTries(t *testing.T, db *store.DB) {
	a := NewApp(t, db)

	t.Run("the right PIN makes a session", func(t *testing.T) {
		ctx, line := t.Context(), NewLine(t, db, a)
		c := NewChallenge(line.ID)
		must(t, createChallenge(ctx, db, c, nil, Now))
		try := RightTry(c)
		wrong := try
		wrong.CodeHash = "wrong"
		tried, err := db.TryChallenge(ctx, wrong, Now)
		must(t, err)
		c.Attempts = 1
		same(t, "the wrong PIN", tried, dialtone.Tried{Challenge: c})

		tried, err = db.TryChallenge(ctx, try, Now)
		must(t, err)
		session := try.Session
		session.OperatorID, session.SubscriptionID = a.Operator.ID, line.ID
		c.Attempts, c.Verified, c.SessionID, c.SealedCode = 2, Now, session.ID, "" // nobody needs the code any more
		same(t, "the right PIN", tried, dialtone.Tried{Challenge: c, Right: true, State: dialtone.SessionState{Session: session, Subscription: line}})

		try.Session.ID = secret.ID("se")
		tried, err = db.TryChallenge(ctx, try, Now)
		fails(t, "the right PIN again", err, dialtone.ErrConflict)
		same(t, "the challenge that comes with it", tried, dialtone.Tried{Challenge: c})
	})

	t.Run("tries are used up, and say why they do not count", func(t *testing.T) {
		ctx, c := t.Context(), NewChallenge(NewLine(t, db, a).ID)
		must(t, createChallenge(ctx, db, c, nil, Now))
		try := func(change func(*dialtone.Try), at time.Time) error {
			made := RightTry(c)
			change(&made)
			tried, err := db.TryChallenge(ctx, made, at)
			if tried.Right {
				t.Error("the PIN was right")
			}
			return err
		}
		wrong := func(try *dialtone.Try) { try.CodeHash, try.MaxAttempts = "wrong", 2 }
		must(t, try(wrong, Now))
		fails(t, "another browser", try(func(try *dialtone.Try) { try.BrowserHash = "other" }, Now), dialtone.ErrNotFound)
		fails(t, "another request", try(func(try *dialtone.Try) { try.RequestHash = "other" }, Now), dialtone.ErrNotFound)
		fails(t, "another challenge", try(func(try *dialtone.Try) { try.ID = "other" }, Now), dialtone.ErrNotFound)
		fails(t, "too late", try(func(*dialtone.Try) {}, c.Expires), dialtone.ErrExpired)
		must(t, try(wrong, Now)) // none of those in between counted
		fails(t, "no tries left", try(func(try *dialtone.Try) { try.MaxAttempts = 2 }, Now), dialtone.ErrExhausted)

		newer := c
		newer.ID = secret.ID("ch")
		must(t, createChallenge(ctx, db, newer, nil, Now))
		fails(t, "a newer one", try(func(*dialtone.Try) {}, Now), dialtone.ErrSuperseded)
	})

	t.Run("a right PIN tells what the product may see", func(t *testing.T) {
		ctx, p := t.Context(), NewPerson(t, db, NewApp(t, db))
		c := NewChallenge(p.Subscription.ID)
		must(t, createChallenge(ctx, db, c, nil, Now))
		try := RightTry(c)
		try.ProductID = p.App.Product.ID
		tried, err := db.TryChallenge(ctx, try, Now)
		must(t, err)
		state, err := db.SessionState(ctx, try.Session.ID, p.App.Product.ID)
		must(t, err)
		same(t, "state", tried.State, state)
		same(t, "consent", state.Consent, p.Consent)
	})

	t.Run("no PIN is right for a number that is not served or blocked", func(t *testing.T) {
		ctx, blocked := t.Context(), NewLine(t, db, a)
		blocked.Status = dialtone.SubscriptionBlocked
		must(t, db.PutSubscription(ctx, blocked, Now))
		for _, line := range []string{"", blocked.ID} {
			c := NewChallenge(line)
			must(t, createChallenge(ctx, db, c, nil, Now))
			tried, err := db.TryChallenge(ctx, RightTry(c), Now)
			must(t, err)
			c.Attempts = 1
			same(t, "tried", tried, dialtone.Tried{Challenge: c})
		}
	})
}
