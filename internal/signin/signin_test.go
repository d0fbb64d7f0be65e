package signin

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
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
	log     *lockedBuffer
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
	s := &stage{t: t, db: storetest.New(t), inbox: message.NewInbox(), now: now, log: new(lockedBuffer), keys: []secret.DataKey{
		{ID: "seal-1", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: now},
		{ID: "subject-1", Use: secret.UseSubject, Material: secret.Bytes(secret.KeySize), Active: now},
	}}
	s.seed()
	keys, err := secret.NewKeys(s.keys, now)
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Store: s.db, Keys: keys, Operators: operators{s.db}, Policy: DefaultPolicy, Log: slog.New(slog.NewTextHandler(s.log, nil))}
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

// sms waits for what is on its way and returns the texts to a number, newest first.
func (s *stage) sms(number dialtone.PhoneNumber) []string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.pending.Close(ctx); err != nil {
		s.t.Fatal(err)
	}
	s.newDispatcher()
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
	return StartRequest{
		Number: number, BrowserID: browser, RequestHash: "request", ClientID: "client", ProductName: "Ferries", Language: "en",
		Network: "192.0.2.1", Host: "id.example",
	}
}

func (s *stage) start(r StartRequest) Started {
	s.t.Helper()
	started, err := s.Start(context.Background(), r, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return started
}

func (s *stage) verify(challengeID, browser, pin string) (Outcome, error) {
	return s.Verify(context.Background(), VerifyRequest{ChallengeID: challengeID, BrowserID: browser, RequestHash: "request", PIN: pin}, s.now)
}

func (s *stage) resend(challengeID, browser string) (Started, error) {
	return s.Resend(context.Background(), ResendRequest{
		ChallengeID: challengeID, BrowserID: browser, ClientID: "client", ProductName: "Ferries", Language: "en", Network: "192.0.2.1", Host: "id.example",
	}, s.now)
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

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestAPersonSignsInWithThePINFromTheSMS(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	started := s.start(request(served, "browser"))
	if started.Expires != s.now.Add(5*time.Minute) || started.NextSend != s.now.Add(30*time.Second) {
		t.Errorf("started %+v at %s", started, s.now)
	}
	texts := s.sms(served)
	if len(texts) != 1 || !strings.Contains(texts[0], " is your Ferries PIN. Never share it.\n@id.example #") {
		t.Fatalf("SMS %q", texts)
	}
	pin := s.pin(served)
	outcome := s.mustVerify(started.ChallengeID, "browser", pin[:3]+" "+pin[3:])
	if got := outcome.Session; got.SubscriptionID != "sub_33639980000" || got.OperatorID != "fjord" || !got.AuthTime.Equal(s.now) ||
		strings.Join(got.AMR, " ") != "sms otp" || !got.Expires.Equal(s.now.Add(30*24*time.Hour)) {
		t.Errorf("session %+v", got)
	}

	cookie := outcome.Cookie.Reveal()
	state, err := s.Session(ctx, cookie, "product", s.now)
	if err != nil || state.Session.ID != outcome.Session.ID || state.Subscription.PhoneNumber != served || state.Consent.ID != "" {
		t.Errorf("session %+v, error %v", state, err)
	}
	if strings.Contains(cookie, state.Session.SecretHash) {
		t.Error("the cookie can be made from the database alone")
	}
	for name, forged := range map[string]string{
		"empty": "", "no secret": outcome.Session.ID, "empty secret": outcome.Session.ID + ".", "another secret": cookie + "A",
		"the hash": outcome.Session.ID + "." + state.Session.SecretHash, "another id": "ses_x" + cookie, "too long": cookie + strings.Repeat("A", 300),
	} {
		_, err := s.Session(ctx, forged, "product", s.now)
		wantError(t, name, err, dialtone.ErrNotFound)
	}
	_, err = s.Session(ctx, cookie, "product", s.now.Add(30*24*time.Hour))
	wantError(t, "30 days later", err, dialtone.ErrNotFound)

	for range 2 { // the second time there is nothing to end
		if err := s.SignOut(ctx, cookie, s.now); err != nil {
			t.Fatal(err)
		}
		_, err = s.Session(ctx, cookie, "product", s.now)
		wantError(t, "signed out", err, dialtone.ErrNotFound)
	}
}

func TestServedUnservedAndBlockedNumbersCannotBeToldApart(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	var states []State
	var rows []dialtone.Challenge
	for _, number := range []dialtone.PhoneNumber{served, unserved, blocked} {
		browser := "browser " + number.E164()
		started := s.start(request(number, browser))
		state, err := s.State(ctx, started.ChallengeID, browser)
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, state)
		row, err := s.db.Challenge(ctx, started.ChallengeID)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
		code, ok := s.openCode(row.ID, row.SealedCode)
		if !ok {
			t.Fatalf("%s: no code is kept", number.E164())
		}
		_, err = s.verify(started.ChallengeID, browser, wrong(code.Reveal()))
		wantLeft(t, number.E164(), err, 4)
		if number != served {
			// Not even the code itself signs in a number that is not served.
			_, err = s.verify(started.ChallengeID, browser, code.Reveal())
			wantLeft(t, number.E164(), err, 3)
		}
		s.later(31 * time.Second)
		if again, err := s.resend(started.ChallengeID, browser); err != nil || again.NextSend != s.now.Add(time.Minute) {
			t.Errorf("%s: resend %+v, %v", number.E164(), again, err)
		}
		s.later(-31 * time.Second)
	}
	if states[0] != states[1] || states[0] != states[2] {
		t.Errorf("states differ: %+v", states)
	}
	for _, row := range rows[1:] {
		if row.SubscriptionID != "" || len(row.CodeHash) != len(rows[0].CodeHash) || len(row.SealedCode) != len(rows[0].SealedCode) {
			t.Errorf("rows %+v and %+v", rows[0], row)
		}
	}
	if served, others := len(s.sms(served)), len(s.sms(unserved))+len(s.sms(blocked)); served != 2 || others != 0 {
		t.Errorf("%d SMS to the served number and %d to the others, want 2 and 0", served, others)
	}
}

func TestAPINIsBoundToItsBrowserAndRequest(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	for range 6 { // none of them counts as a try
		_, err := s.verify(started.ChallengeID, "other browser", pin)
		wantError(t, "another browser", err, dialtone.ErrForbidden)
		_, err = s.Verify(ctx, VerifyRequest{ChallengeID: started.ChallengeID, BrowserID: "browser", RequestHash: "other", PIN: pin}, s.now)
		wantError(t, "another request", err, dialtone.ErrForbidden)
	}
	_, err := s.State(ctx, started.ChallengeID, "other browser")
	wantError(t, "state for another browser", err, dialtone.ErrForbidden)
	_, err = s.resend(started.ChallengeID, "other browser")
	wantError(t, "resend for another browser", err, dialtone.ErrForbidden)
	_, err = s.verify("pin_none.seal-1", "browser", pin)
	wantError(t, "no such challenge", err, dialtone.ErrNotFound)
	s.mustVerify(started.ChallengeID, "browser", pin)
}

func TestFiveWrongTriesEndAChallenge(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	for _, typed := range []string{"", "12345", "1234567", "12a456", "12345６7", strings.Repeat("1", 65)} {
		_, err := s.verify(started.ChallengeID, "browser", typed)
		wantError(t, typed, err, dialtone.ErrInvalid)
	}
	for left := 4; left > 0; left-- {
		_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
		wantLeft(t, "wrong PIN", err, left)
	}
	for _, typed := range []string{wrong(pin), pin} {
		_, err := s.verify(started.ChallengeID, "browser", typed)
		wantError(t, "after five wrong ones", err, dialtone.ErrExhausted)
	}
	if state, err := s.State(ctx, started.ChallengeID, "browser"); err != nil || state.TriesLeft != 0 {
		t.Errorf("state %+v, %v", state, err)
	}
	s.later(31 * time.Second)
	_, err := s.resend(started.ChallengeID, "browser")
	wantError(t, "resend after five wrong ones", err, dialtone.ErrExpired)
}

func TestGuessesAtTheSameTimeGetNoMoreTries(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	var mu sync.Mutex
	guesses := 0
	var guessing sync.WaitGroup
	for range 30 {
		guessing.Go(func() {
			_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
			_, counted := errors.AsType[*WrongPINError](err)
			mu.Lock()
			defer mu.Unlock()
			if counted {
				guesses++
			} else if !errors.Is(err, dialtone.ErrExhausted) {
				t.Error(err)
			}
		})
	}
	guessing.Wait()
	if guesses != 4 { // the fifth answers that the tries are used up
		t.Errorf("%d guesses were answered with tries left, want 4", guesses)
	}
}

func TestWrongTriesOfANumberCountOverAllItsChallenges(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, browser := range []string{"one", "two"} {
		started := s.start(request(served, browser))
		pin := s.pin(served)
		for range 5 {
			if _, err := s.verify(started.ChallengeID, browser, wrong(pin)); err == nil {
				t.Fatal("a wrong PIN was right")
			}
		}
	}
	s.later(10 * time.Minute)
	started := s.start(request(served, "three"))
	_, err := s.verify(started.ChallengeID, "three", s.pin(served))
	refused, ok := errors.AsType[*dialtone.BudgetError](err)
	if !ok || refused.RetryAfter != 50*time.Minute {
		t.Errorf("the eleventh try: %v, want to wait for 50 minutes", err)
	}
	s.later(50 * time.Minute)
	started = s.start(request(served, "four"))
	s.mustVerify(started.ChallengeID, "four", s.pin(served))
	started = s.start(request(served, "five"))
	pin := s.pin(served)
	_, err = s.verify(started.ChallengeID, "five", wrong(pin))
	wantLeft(t, "after the right PIN the count begins anew", err, 4)
}

func TestAPINExpires(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	s.later(5 * time.Minute)
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "five minutes later", err, dialtone.ErrExpired)
	_, err = s.resend(started.ChallengeID, "browser")
	wantError(t, "resend five minutes later", err, dialtone.ErrExpired)
}

func TestANewerPINSupersedesTheOlderOne(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	older := s.start(request(served, "browser"))
	olderPIN := s.pin(served)
	newer := s.start(request(served2, "browser")) // "other number": the PIN of the first number must not sign in the second
	_, err := s.verify(older.ChallengeID, "browser", olderPIN)
	wantError(t, "the older PIN", err, dialtone.ErrSuperseded)
	s.later(31 * time.Second)
	_, err = s.resend(older.ChallengeID, "browser")
	wantError(t, "resend of the older PIN", err, dialtone.ErrSuperseded)
	if got := s.mustVerify(newer.ChallengeID, "browser", s.pin(served2)); got.Session.SubscriptionID != "sub_33639980001" {
		t.Errorf("session %+v", got.Session)
	}
}

func TestTheRightPINTwiceGivesTheSameSession(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	outcomes := make(chan Outcome, 10)
	var verifying sync.WaitGroup
	for range cap(outcomes) {
		verifying.Go(func() {
			outcome, err := s.verify(started.ChallengeID, "browser", pin)
			if err != nil {
				t.Error(err)
			}
			outcomes <- outcome
		})
	}
	verifying.Wait()
	first := <-outcomes
	for range cap(outcomes) - 1 {
		if other := <-outcomes; other.Session.ID != first.Session.ID || other.Cookie != first.Cookie {
			t.Errorf("two sessions: %s and %s", first.Session.ID, other.Session.ID)
		}
	}
	_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
	wantError(t, "a wrong PIN afterwards", err, dialtone.ErrExpired)
	s.later(31 * time.Second)
	_, err = s.resend(started.ChallengeID, "browser")
	wantError(t, "resend afterwards", err, dialtone.ErrConflict)
	s.later(29 * time.Second)
	if again := s.mustVerify(started.ChallengeID, "browser", pin); again.Cookie != first.Cookie {
		t.Error("a minute later: another cookie")
	}
	s.later(time.Second)
	_, err = s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "61 seconds later", err, dialtone.ErrExpired)
}

func TestASignedOutSessionDoesNotComeBackWithThePIN(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	outcome := s.mustVerify(started.ChallengeID, "browser", pin)
	if err := s.SignOut(context.Background(), outcome.Cookie.Reveal(), s.now); err != nil {
		t.Fatal(err)
	}
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "after signing out", err, dialtone.ErrExpired)
}

func TestAPINOutlivesTheRotationOfItsKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	newer := secret.DataKey{ID: "seal-2", Use: secret.UseSeal, Material: secret.Bytes(secret.KeySize), Active: s.now}
	if err := s.Keys.Replace(append(s.keys, newer), s.now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	s.later(31 * time.Second)
	if _, err := s.resend(started.ChallengeID, "browser"); err != nil {
		t.Fatal(err)
	}
	first := s.mustVerify(started.ChallengeID, "browser", pin)
	if again := s.mustVerify(started.ChallengeID, "browser", pin); again.Cookie != first.Cookie {
		t.Error("the cookie changed with the key")
	}
	newest := s.start(request(served2, "browser"))
	if !strings.HasSuffix(newest.ChallengeID, ".seal-2") {
		t.Errorf("challenge %s is not under the new key", newest.ChallengeID)
	}
	if err := s.Keys.Replace([]secret.DataKey{newer, s.keys[1]}, s.now); err != nil {
		t.Fatal(err)
	}
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantError(t, "when the key is gone", err, dialtone.ErrExpired)
}

func TestALineThatIsBlockedMeanwhileCannotSignIn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	s.putLine(dialtone.Subscription{ID: "sub_33639980000", OperatorID: "fjord", PhoneNumber: served, Status: dialtone.SubscriptionBlocked})
	_, err := s.verify(started.ChallengeID, "browser", pin)
	wantLeft(t, "the right PIN of a blocked line", err, 4)
	s.later(31 * time.Second)
	if _, err := s.resend(started.ChallengeID, "browser"); err != nil {
		t.Errorf("resend tells that the line is blocked: %v", err)
	}
	if n := len(s.sms(served)); n != 1 {
		t.Errorf("%d SMS, want none after the line was blocked", n)
	}
}

func TestNoPINNumberOrSecretIsLogged(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	_, err := s.verify(started.ChallengeID, "browser", wrong(pin))
	wantLeft(t, "wrong", err, 4)
	s.mustVerify(started.ChallengeID, "browser", pin)
	for range 5 {
		_, err = s.Start(context.Background(), request(served, "browser"), s.now)
	}
	wantError(t, "the sixth PIN", err, dialtone.ErrExhausted)
	text := s.log.String() + err.Error()
	if strings.Contains(text, pin) || strings.Contains(text, "39980000") || !strings.Contains(text, "budget used up") {
		t.Errorf("log and error: %s", text)
	}
}

func TestASealedCodeBelongsToItsRow(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	sealed := s.sealCode("pin_1.seal-1", "048213")
	if code, ok := s.openCode("pin_1.seal-1", sealed); !ok || code.Reveal() != "048213" {
		t.Error("the code cannot be opened")
	}
	for _, id := range []string{"pin_2.seal-1", "pin_1.seal-1 0", ""} {
		if _, ok := s.openCode(id, sealed); ok {
			t.Errorf("the code opens in the row %q", id)
		}
	}
}
