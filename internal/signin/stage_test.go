package signin

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/logtest"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

const (
	served   = dialtone.PhoneNumber("+33639980000")
	served2  = dialtone.PhoneNumber("+33639980001")
	blocked  = dialtone.PhoneNumber("+33639980002")
	unserved = dialtone.PhoneNumber("+33639980009")
	sandbox  = dialtone.PhoneNumber("+46701740605")
)

// stage is a service on a real database, with an inbox in the place of a gateway and a clock that stands still.
type stage struct {
	*Service
	t       *testing.T
	db      *store.DB
	inbox   *message.Inbox
	now     time.Time
	keys    []secret.DataKey
	log     *logtest.Log
	pending *message.Dispatcher
}

// operators reads them from the database every time.
type operators struct{ db *store.DB }

func (o operators) Operator(ctx context.Context, id string) (dialtone.Operator, error) {
	all, err := o.db.Operators(ctx)
	i := slices.IndexFunc(all, func(o dialtone.Operator) bool { return o.ID == id })
	if err == nil && i < 0 {
		err = dialtone.ErrNotFound
	}
	if err != nil {
		return dialtone.Operator{}, err
	}
	return all[i], nil
}

func newStage(t *testing.T, change ...func(*Config)) *stage {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Microsecond)
	s := &stage{t: t, db: storetest.New(t), inbox: message.NewInbox(), now: now, log: new(logtest.Log), keys: []secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: now},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: now},
	}}
	s.seed()
	keys, err := secret.NewKeys(s.keys, now)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Store: s.db, Keys: keys, Operators: operators{s.db}, Policy: DefaultPolicy, Log: slog.New(slog.NewTextHandler(s.log, nil)), Sandbox: true}
	config.Traffic = traffic.New(s.db, config.Log)
	for _, c := range change {
		c(&config)
	}
	s.Service = New(config)
	s.newDispatcher()
	return s
}

func (s *stage) seed() {
	s.t.Helper()
	ctx := context.Background()
	if err := directory.EnsureSandbox(ctx, s.db, s.now); err != nil {
		s.t.Fatal(err)
	}
	s.putOperator(dialtone.Operator{
		ID: "fjord", Name: "Fjord", Approval: dialtone.ApprovalManual, SMS: dialtone.SMSRoute{Route: "inbox", Sender: "Fjord"}, Language: "fr",
	})
	for number, status := range map[dialtone.PhoneNumber]dialtone.SubscriptionStatus{
		served: dialtone.SubscriptionActive, served2: dialtone.SubscriptionActive, blocked: dialtone.SubscriptionBlocked,
	} {
		s.putLine(dialtone.Subscription{ID: "sub_" + number.E164()[1:], OperatorID: "fjord", PhoneNumber: number, Status: status, Created: s.now})
	}
}

func (s *stage) putOperator(o dialtone.Operator) {
	s.t.Helper()
	o.Created, o.Updated = s.now, s.now
	if err := s.db.PutOperator(context.Background(), o); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) putLine(line dialtone.Subscription) {
	s.t.Helper()
	if err := s.db.PutSubscription(context.Background(), line, s.now); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) newDispatcher() {
	s.pending = message.NewDispatcher(message.DispatcherConfig{Router: message.Router{"inbox": s.inbox}, Store: s.db, Log: s.Log})
	s.Dispatcher = s.pending
}

// arrive waits for what is on its way: messages travel side by side, and a later one may be there first.
func (s *stage) arrive() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.pending.Close(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.newDispatcher()
}

// sms returns the texts to a number, newest first.
func (s *stage) sms(number dialtone.PhoneNumber) []string {
	s.t.Helper()
	s.arrive()
	var texts []string
	for _, r := range s.inbox.List() {
		if r.To == number.E164() {
			texts = append(texts, r.Text)
		}
	}
	return texts
}

// pin returns the PIN of the newest SMS to a number.
func (s *stage) pin(number dialtone.PhoneNumber) string {
	s.t.Helper()
	texts := s.sms(number)
	if len(texts) == 0 {
		s.t.Fatalf("no SMS came to %s", number.E164())
	}
	code, _, _ := strings.Cut(texts[0], " ")
	return code
}

func (s *stage) later(d time.Duration) { s.now = s.now.Add(d) }

// request is one authorization request in one browser.
func request(number dialtone.PhoneNumber, browser string) StartRequest {
	return StartRequest{Asker: asker(browser), Number: number, RequestHash: "request"}
}

func asker(browser string) Asker {
	return Asker{
		App: dialtone.Registration{
			Client: dialtone.Client{ID: "client"}, Product: dialtone.Product{ID: "ferries", Name: "Ferries"},
			Listings: map[string]dialtone.ListingState{
				"fjord": dialtone.ListingEnabled, directory.SandboxOperatorID: dialtone.ListingEnabled, "playground": dialtone.ListingEnabled,
			},
		},
		BrowserID: browser, Language: "en", Network: "192.0.2.1", Host: "id.example",
	}
}

func (s *stage) start(r StartRequest) Started {
	s.t.Helper()
	s.arrive()
	started, err := s.Start(context.Background(), r, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return started
}

func (s *stage) verify(challengeID, browser, pin string) (Outcome, error) {
	return s.Verify(context.Background(), VerifyRequest{Asker: asker(browser), ChallengeID: challengeID, RequestHash: "request", PIN: pin}, s.now)
}

func (s *stage) resend(challengeID, browser string) (Started, error) {
	s.t.Helper()
	s.arrive()
	return s.Resend(context.Background(), ResendRequest{Asker: asker(browser), ChallengeID: challengeID}, s.now)
}

func (s *stage) mustVerify(challengeID, browser, pin string) Outcome {
	s.t.Helper()
	outcome, err := s.verify(challengeID, browser, pin)
	if err != nil {
		s.t.Fatal(err)
	}
	return outcome
}

// wrong returns a PIN that is not this one.
func wrong(pin string) string {
	if pin[0] == '9' {
		return "0" + pin[1:]
	}
	return "9" + pin[1:]
}

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func wantLeft(t *testing.T, what string, err error, want int) {
	t.Helper()
	if wrongPIN, ok := errors.AsType[*WrongPINError](err); !ok || wrongPIN.Left != want {
		t.Errorf("%s: %v, want a wrong PIN with %d tries left", what, err, want)
	}
}
