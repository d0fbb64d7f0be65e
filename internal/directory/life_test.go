package directory_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// member is a person with a session, a consent and a refresh token, and the moment in which something happens to the line.
type member struct {
	storetest.Person
	db    *store.DB
	life  directory.Life
	grant dialtone.Grant
	at    time.Time
}

func newMember(t *testing.T, db *store.DB) member {
	t.Helper()
	m := member{Person: storetest.NewPerson(t, db, storetest.NewApp(t, db)), db: db, life: directory.NewLife(db), at: storetest.Now.Add(time.Hour)}
	m.grant = m.OfflineGrant()
	if err := db.RedeemCode(t.Context(), m.grant, storetest.Now); err != nil {
		t.Fatal(err)
	}
	return m
}

func (m member) staff() directory.Cause {
	return directory.Cause{OperatorID: m.App.Operator.ID, Source: dialtone.SourceStaff, Actor: "acc_kim", Reason: "asked for on the phone"}
}

func (m member) feed() directory.Cause {
	return directory.Cause{OperatorID: m.App.Operator.ID, Source: dialtone.SourceAPI, Actor: "billing"}
}

func someNumber() dialtone.PhoneNumber {
	return dialtone.PhoneNumber("+4673" + secret.Digits(7).Reveal())
}

// What a line's life does to what hangs on it: each row is one of docs/operate/directory.md, The life of a number.
func TestTheLifeOfANumber(t *testing.T) {
	t.Parallel()
	other := someNumber()
	for name, test := range map[string]struct {
		happens func(ctx context.Context, m member) error

		sameSub  bool // whoever signs in with the number that counts afterwards is who it was
		number   dialtone.PhoneNumber
		consents bool
		tokens   bool
		session  bool
		told     []dialtone.EventKind
		history  []dialtone.LineEventKind // of the old line, after its creation
	}{
		"the SIM is replaced": {
			happens: func(ctx context.Context, m member) error {
				return m.life.ReplaceSIM(ctx, m.Subscription.ID, m.at, m.feed(), m.at)
			},
			sameSub: true, consents: true, tokens: true, session: false,
			told: []dialtone.EventKind{dialtone.EventSIMReplaced}, history: []dialtone.LineEventKind{dialtone.LineSIMReplaced},
		},
		"the number changes, the subscription stays": {
			happens: func(ctx context.Context, m member) error {
				return m.life.ChangeNumber(ctx, m.Subscription.ID, other, m.feed(), m.at)
			},
			number: other, sameSub: true, consents: true, tokens: true, session: true,
			told: []dialtone.EventKind{dialtone.EventNumberChanged}, history: []dialtone.LineEventKind{dialtone.LineNumberChanged},
		},
		"the number is ported out, or the contract ends": {
			happens: func(ctx context.Context, m member) error { return m.life.End(ctx, m.Subscription.ID, m.feed(), m.at) },
			told:    []dialtone.EventKind{dialtone.EventConsentRevoked}, history: []dialtone.LineEventKind{dialtone.LineEnded},
		},
		"it is ported in from another operator here": {
			happens: func(ctx context.Context, m member) error {
				if err := m.life.End(ctx, m.Subscription.ID, m.feed(), m.at); err != nil {
					return err
				}
				there := directory.Cause{OperatorID: "elsewhere", Source: dialtone.SourceAPI}
				_, err := m.life.Move(ctx, m.Subscription.PhoneNumber, directory.Holder{}, there, m.at)
				return err
			},
			told: []dialtone.EventKind{dialtone.EventConsentRevoked}, history: []dialtone.LineEventKind{dialtone.LineEnded},
		},
		"the line goes to another holder": {
			happens: func(ctx context.Context, m member) error {
				_, err := m.life.Transfer(ctx, m.Subscription.ID, directory.OtherParty, m.staff(), m.at)
				return err
			},
			told: []dialtone.EventKind{dialtone.EventConsentRevoked}, history: []dialtone.LineEventKind{dialtone.LineEnded},
		},
		"the line goes to another name of the same party": {
			happens: func(ctx context.Context, m member) error {
				_, err := m.life.Transfer(ctx, m.Subscription.ID, directory.SameParty, m.staff(), m.at)
				return err
			},
			sameSub: true,
			told:    []dialtone.EventKind{dialtone.EventConsentRevoked}, history: []dialtone.LineEventKind{dialtone.LineTransferred},
		},
		"the number is given to somebody new": {
			happens: func(ctx context.Context, m member) error {
				_, err := m.life.Move(ctx, m.Subscription.PhoneNumber, directory.Holder{ExternalID: "new-contract"}, m.staff(), m.at)
				return err
			},
			told: []dialtone.EventKind{dialtone.EventConsentRevoked}, history: []dialtone.LineEventKind{dialtone.LineEnded},
		},
		"the number is given to another line": {
			happens: func(ctx context.Context, m member) error {
				line, err := m.life.Move(ctx, someNumber(), directory.Holder{}, m.staff(), m.at)
				if err != nil {
					return err
				}
				_, err = m.life.Move(ctx, m.Subscription.PhoneNumber, directory.Holder{SubscriptionID: line.ID}, m.staff(), m.at)
				return err
			},
			told: []dialtone.EventKind{dialtone.EventConsentRevoked}, history: []dialtone.LineEventKind{dialtone.LineEnded},
		},
		"nobody used the number for too long, and the operator cannot tell": {
			happens: func(ctx context.Context, m member) error {
				_, err := m.life.NewEpoch(ctx, m.Subscription.ID, directory.Cause{OperatorID: m.App.Operator.ID, Source: dialtone.SourceSignIn}, m.at)
				return err
			},
			told: []dialtone.EventKind{dialtone.EventConsentRevoked}, history: []dialtone.LineEventKind{dialtone.LineEnded},
		},
		"the line is blocked": {
			happens: func(ctx context.Context, m member) error {
				return m.life.Block(ctx, m.Subscription.ID, m.staff(), m.at)
			},
			sameSub: true, consents: true, tokens: false, session: true, // whoever has a session cannot use it: the line is not active
			history: []dialtone.LineEventKind{dialtone.LineBlocked},
		},
		"the line is blocked, and unblocked": {
			happens: func(ctx context.Context, m member) error {
				return errors.Join(m.life.Block(ctx, m.Subscription.ID, m.staff(), m.at), m.life.Unblock(ctx, m.Subscription.ID, m.staff(), m.at))
			},
			sameSub: true, consents: true, tokens: true, session: true,
			history: []dialtone.LineEventKind{dialtone.LineBlocked, dialtone.LineUnblocked},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, m := t.Context(), newMember(t, storetest.New(t))
			if err := test.happens(ctx, m); err != nil {
				t.Fatal(err)
			}
			number := test.number
			if number == "" {
				number = m.Subscription.PhoneNumber
			}
			now, err := m.db.SubscriptionByNumber(ctx, number)
			if err == nil && (now.ID == m.Subscription.ID) != test.sameSub {
				t.Errorf("the line with the number is %s, and was %s", now.ID, m.Subscription.ID)
			}
			if test.number != "" {
				if _, err := m.db.SubscriptionByNumber(ctx, m.Subscription.PhoneNumber); !errors.Is(err, dialtone.ErrNotFound) {
					t.Errorf("the old number: %v", err)
				}
			}
			state, err := m.db.SessionState(ctx, m.Session.ID, m.App.Product.ID)
			if err != nil {
				t.Fatal(err)
			}
			if live := state.Session.Live(m.at); live != test.session {
				t.Errorf("the session lives: %v", live)
			}
			if there := state.Consent.ID != ""; there != test.consents {
				t.Errorf("the consent is in force: %v", there)
			}
			if _, err := m.db.TokenState(ctx, m.grant.ID, "", false, m.at); (err == nil) != test.tokens {
				t.Errorf("the access token: %v", err)
			}
			_, err = m.db.RotateRefresh(ctx, dialtone.Rotation{
				GrantID: m.grant.ID, ClientID: m.grant.ClientID, Hash: m.grant.RefreshHash, NewHash: "next", Expires: m.grant.Expires,
			}, time.Minute, m.at)
			if (err == nil) != test.tokens {
				t.Errorf("the refresh token: %v", err)
			}
			m.hears(t, test.told)
			m.remembers(t, test.history)
			m.newHolderSeesNothing(t, now, test.sameSub)
		})
	}
}

func (m member) hears(t *testing.T, want []dialtone.EventKind) {
	t.Helper()
	events, err := m.db.Events(t.Context(), m.App.Product.ID, m.at, 10)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []dialtone.EventKind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
		if e.SubscriptionID != m.Subscription.ID {
			t.Errorf("an event about %s", e.SubscriptionID)
		}
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("the product hears %v, want %v", kinds, want)
	}
}

func (m member) remembers(t *testing.T, want []dialtone.LineEventKind) {
	t.Helper()
	history, err := m.db.LineHistory(t.Context(), m.Subscription.ID, 10)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []dialtone.LineEventKind
	for _, e := range history {
		kinds = append(kinds, e.Kind)
		if e.OperatorID != m.App.Operator.ID || !e.At.Equal(m.at) {
			t.Errorf("history %+v", e)
		}
	}
	slices.Sort(kinds)
	slices.Sort(want)
	if !slices.Equal(kinds, want) {
		t.Errorf("the history is %v, want %v", kinds, want)
	}
}

func (m member) newHolderSeesNothing(t *testing.T, now dialtone.Subscription, same bool) {
	t.Helper()
	if now.ID == "" || same {
		return
	}
	history, err := m.db.ConsentHistory(t.Context(), now.ID, m.App.Product.ID)
	if err != nil || len(history) > 0 {
		t.Errorf("the new holder's consents: %v, error %v", history, err)
	}
	if now.Status != dialtone.SubscriptionActive || now.Sensitive || now.StatusDecided {
		t.Errorf("the new line is %+v", now)
	}
	err = m.life.Unblock(t.Context(), m.Subscription.ID, m.staff(), m.at)
	if !errors.Is(err, dialtone.ErrConflict) {
		t.Errorf("the old line comes back: %v", err)
	}
}

func TestNobodyChangesALineOfAnotherOperator(t *testing.T) {
	t.Parallel()
	ctx, m := t.Context(), newMember(t, storetest.New(t))
	stranger := directory.Cause{OperatorID: "other", Source: dialtone.SourceStaff, Actor: "acc_stranger"}
	id := m.Subscription.ID
	for name, do := range map[string]func() error{
		"end":    func() error { return m.life.End(ctx, id, stranger, m.at) },
		"block":  func() error { return m.life.Block(ctx, id, stranger, m.at) },
		"SIM":    func() error { return m.life.ReplaceSIM(ctx, id, m.at, stranger, m.at) },
		"number": func() error { return m.life.ChangeNumber(ctx, id, someNumber(), stranger, m.at) },
		"mark":   func() error { return m.life.MarkSensitive(ctx, id, stranger, m.at) },
		"transfer": func() error {
			_, err := m.life.Transfer(ctx, id, directory.OtherParty, stranger, m.at)
			return err
		},
		"epoch": func() error { _, err := m.life.NewEpoch(ctx, id, stranger, m.at); return err },
		"move to a line of theirs": func() error {
			_, err := m.life.Move(ctx, someNumber(), directory.Holder{SubscriptionID: id}, stranger, m.at)
			return err
		},
	} {
		if err := do(); !errors.Is(err, dialtone.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if _, err := m.life.Move(ctx, m.Subscription.PhoneNumber, directory.Holder{}, stranger, m.at); !errors.Is(err, dialtone.ErrConflict) {
		t.Errorf("taking a number away: %v", err)
	}
	if line, err := m.db.Subscription(ctx, id); err != nil || line != m.Subscription {
		t.Errorf("the line is %+v, error %v", line, err)
	}
}

func TestWhatAPersonDecidedNoProgramUndoes(t *testing.T) {
	t.Parallel()
	ctx, m := t.Context(), newMember(t, storetest.New(t))
	id := m.Subscription.ID
	if err := errors.Join(m.life.Block(ctx, id, m.staff(), m.at), m.life.MarkSensitive(ctx, id, m.staff(), m.at)); err != nil {
		t.Fatal(err)
	}
	if err := m.life.Unblock(ctx, id, m.feed(), m.at); !errors.Is(err, dialtone.ErrForbidden) {
		t.Errorf("a program unblocks: %v", err)
	}
	if err := m.life.UnmarkSensitive(ctx, id, m.feed(), m.at); !errors.Is(err, dialtone.ErrForbidden) {
		t.Errorf("a program unmarks: %v", err)
	}
	if err := errors.Join(m.life.Unblock(ctx, id, m.staff(), m.at), m.life.UnmarkSensitive(ctx, id, m.staff(), m.at)); err != nil {
		t.Fatal(err)
	}
	if line, err := m.db.Subscription(ctx, id); err != nil || line != m.Subscription {
		t.Errorf("the line is %+v, error %v", line, err)
	}
}

func TestNumbersThatNobodyMayHaveAreRefused(t *testing.T) {
	t.Parallel()
	ctx, m := t.Context(), newMember(t, storetest.New(t))
	for _, number := range []dialtone.PhoneNumber{"", "0701740605", "+46701740605", "+4670174060512345"} {
		if err := m.life.ChangeNumber(ctx, m.Subscription.ID, number, m.staff(), m.at); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%q: %v", number.E164(), err)
		}
		if _, err := m.life.Move(ctx, number, directory.Holder{}, m.staff(), m.at); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("move %q: %v", number.E164(), err)
		}
	}
	taken := newMember(t, m.db)
	if err := m.life.ChangeNumber(ctx, m.Subscription.ID, taken.Subscription.PhoneNumber, m.staff(), m.at); !errors.Is(err, dialtone.ErrConflict) {
		t.Errorf("a number that another line has: %v", err)
	}
}
