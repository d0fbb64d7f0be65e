package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
)

// wantWait checks that err is a budget that has room again after the wait.
func wantWait(t *testing.T, what string, err error, wait time.Duration) {
	t.Helper()
	if refused, ok := errors.AsType[*dialtone.BudgetError](err); !ok || refused.RetryAfter != wait {
		t.Errorf("%s: %v, want to wait for %s", what, err, wait)
	}
}

func TestAResendRepeatsTheCodeWhileItHasLifeLeft(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	started := s.start(request(served, "browser"))
	pin := s.pin(served)
	s.later(29 * time.Second)
	_, err := s.resend(started.ChallengeID, "browser")
	wantError(t, "after 29 seconds", err, dialtone.ErrConflict)

	for _, step := range []struct {
		after, next time.Duration
		sameCode    bool
	}{
		{1 * time.Second, time.Minute, true},
		{time.Minute, 2 * time.Minute, true},
		{2*time.Minute + 30*time.Second, 0, false}, // exactly one minute is left
	} {
		s.later(step.after)
		again, err := s.resend(started.ChallengeID, "browser")
		if err != nil {
			t.Fatal(err)
		}
		if want := s.now.Add(step.next); step.next > 0 && again.NextSend != want || step.next == 0 && !again.NextSend.IsZero() {
			t.Errorf("next send at %s, want %s", again.NextSend, want)
		}
		newest := s.pin(served)
		if (newest == pin) != step.sameCode {
			t.Errorf("after %s: same code %v, want %v", step.after, newest == pin, step.sameCode)
		}
		if step.sameCode && again.Expires != started.Expires || !step.sameCode && again.Expires != s.now.Add(5*time.Minute) {
			t.Errorf("after %s: expires at %s", step.after, again.Expires)
		}
	}
	s.later(4 * time.Minute)
	_, err = s.resend(started.ChallengeID, "browser")
	wantError(t, "the fourth resend", err, dialtone.ErrExhausted)
	if state, err := s.State(ctx, started.ChallengeID, "browser"); err != nil || !state.NextSend.IsZero() {
		t.Errorf("state %+v, %v", state, err)
	}
	_, err = s.verify(started.ChallengeID, "browser", pin)
	wantLeft(t, "the code before", err, 4)
	s.mustVerify(started.ChallengeID, "browser", s.pin(served))
}

func TestANumberGetsFiveSMSAnHourAndTenADay(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.AddressSends, c.Policy.NetworkSends = nil, nil })
	asked := s.now
	for hour := range 2 {
		for i := range 5 {
			s.start(request(served, fmt.Sprint("browser ", hour, i%2)))
		}
		_, err := s.Start(context.Background(), request(served, "browser"), s.now)
		if hour == 0 {
			wantWait(t, "the sixth in an hour", err, time.Hour)
			s.later(59 * time.Minute)
			_, err = s.Start(context.Background(), request(served, "browser"), s.now)
			wantWait(t, "59 minutes later", err, time.Minute)
			s.later(time.Minute)
		}
	}
	s.later(time.Hour)
	_, err := s.Start(context.Background(), request(served, "browser"), s.now)
	wantWait(t, "the eleventh in a day", err, asked.Add(24*time.Hour).Sub(s.now))
	if n := len(s.sms(served)); n != 10 {
		t.Errorf("%d SMS, want 10", n)
	}
	s.start(request(served2, "browser")) // another number has its own
}

func TestAResendCountsAsASend(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 4 {
		s.start(request(served, fmt.Sprint("browser ", i%2)))
	}
	last := s.start(request(served, "browser"))
	s.later(30 * time.Second)
	_, err := s.resend(last.ChallengeID, "browser")
	wantWait(t, "the sixth", err, time.Hour-30*time.Second)
}

func TestAnAddressAsksForThirtyPINsAnHourAndItsNetworkForThreeHundred(t *testing.T) {
	t.Parallel()
	s := newStage(t, func(c *Config) { c.Policy.SiteSends, c.Policy.ProviderSends = 0, 0 })
	asked := 0
	ask := func(address string) error {
		asked++
		r := request(dialtone.PhoneNumber(fmt.Sprintf("+3363998%04d", 1000+asked)), "browser")
		r.Network = address
		_, err := s.Start(context.Background(), r, s.now)
		return err
	}
	for neighbour := range 10 {
		address := fmt.Sprintf("192.0.2.%d", neighbour)
		for range 30 {
			if err := ask(address); err != nil {
				t.Fatal(err)
			}
		}
		if neighbour < 9 {
			wantWait(t, "the 31st from "+address, ask(address), time.Hour)
			wantWait(t, "the same over IPv6", ask("::ffff:"+address), time.Hour)
		}
	}
	wantWait(t, "the 301st, from a new address of the /24", ask("192.0.2.200"), time.Hour)
	if err := ask("192.0.3.1"); err != nil {
		t.Errorf("from another network: %v", err)
	}
}

func TestASandboxNumberHasAFixedPINAndNoSMS(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for i := range 40 { // published numbers are used by many: they have limits of their own
		s.start(request(sandbox, fmt.Sprint("browser ", i)))
	}
	started := s.start(request(sandbox, "browser"))
	_, err := s.verify(started.ChallengeID, "browser", "111111")
	wantLeft(t, "wrong tries count as ever", err, 4)
	s.later(31 * time.Second)
	if _, err := s.resend(started.ChallengeID, "browser"); err != nil {
		t.Fatal(err)
	}
	outcome := s.mustVerify(started.ChallengeID, "browser", "740605")
	if outcome.State.Session.OperatorID != "sandbox" {
		t.Errorf("session %+v", outcome.State.Session)
	}
	if n := len(s.sms(sandbox)); n != 0 {
		t.Errorf("%d SMS left", n)
	}
}

func TestOneAddressCannotFillTheTableThroughTheSandbox(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	numbers := directory.SandboxNumbers()
	for i := range 600 {
		s.start(request(numbers[i%len(numbers)], "browser"))
	}
	_, err := s.Start(context.Background(), request(numbers[0], "browser"), s.now)
	wantWait(t, "the 601st in an hour", err, time.Hour)
	other := request(numbers[0], "browser")
	other.Network = "192.0.2.2"
	s.start(other)
	s.start(request(served, "browser")) // real numbers have limits of their own
}

func TestTheSandboxCannotSignInARealNumber(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const real1, real2 = dialtone.PhoneNumber("+33639981111"), dialtone.PhoneNumber("+33639982222")
	s.putOperator(dialtone.Operator{
		ID: "playground", Name: "Playground", Approval: dialtone.ApprovalAutomatic, SMS: dialtone.SMSRoute{Route: "inbox"}, Sandbox: true,
	})
	s.putLine(dialtone.Subscription{ID: "sub_1", OperatorID: "playground", PhoneNumber: real1, Status: dialtone.SubscriptionActive, FixedPIN: "111111"})
	s.putLine(dialtone.Subscription{ID: "sub_2", OperatorID: "fjord", PhoneNumber: real2, Status: dialtone.SubscriptionActive, FixedPIN: "111111"})
	for _, number := range []dialtone.PhoneNumber{real1, real2} {
		started := s.start(request(number, "browser"))
		_, err := s.verify(started.ChallengeID, "browser", "111111")
		wantLeft(t, "a fixed PIN on "+number.E164(), err, 4)
	}
	if atSandbox, atFjord := len(s.sms(real1)), len(s.sms(real2)); atSandbox != 0 || atFjord != 1 {
		t.Errorf("%d SMS from the sandbox and %d from the operator, want 0 and 1", atSandbox, atFjord)
	}
}

func TestOverTheDailyLimitNoSMSLeavesAndTheAnswerIsTheSame(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*stage){
		"of the operator": func(s *stage) {
			s.putOperator(dialtone.Operator{
				ID: "fjord", Name: "Fjord", Approval: dialtone.ApprovalManual, SMS: dialtone.SMSRoute{Route: "inbox", Daily: 2},
			})
		},
		"of the platform": func(s *stage) { s.DailySMSLimit = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			change(s)
			var answers []Started
			for range 4 {
				answers = append(answers, s.start(request(served, "browser")))
				s.sms(served)
			}
			if n := len(s.sms(served)); n != 2 {
				t.Errorf("%d SMS, want 2", n)
			}
			if answers[3].NextSend != answers[0].NextSend || answers[3].Expires != answers[0].Expires {
				t.Errorf("the answer over the limit is %+v, before %+v", answers[3], answers[0])
			}
			if text := s.log.String(); !strings.Contains(text, "percent=50") || !strings.Contains(text, "level=ERROR msg=\"daily SMS limit\"") || strings.Count(text, "percent=100") != 1 {
				t.Errorf("alarms: %s", text)
			}
		})
	}
}

func TestTheDailyLimitKnowsWhatOtherNodesSentAndEndsAtMidnight(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newStage(t)
	operator := dialtone.Operator{ID: "fjord", SMS: dialtone.SMSRoute{Daily: 2}}
	noon := s.now.Truncate(24 * time.Hour).Add(12 * time.Hour)
	if err := s.daily.spend(ctx, operator, 0, noon); err != nil {
		t.Fatal(err)
	}
	// The message is on its way and in no row yet, and it counts all the same.
	if err := s.daily.spend(ctx, operator, 0, noon.Add(recountEvery)); err != nil {
		t.Fatal(err)
	}
	wantWait(t, "two on their way", s.daily.spend(ctx, operator, 0, noon.Add(2*recountEvery)), 12*time.Hour-2*recountEvery)
	operator.SMS.Daily = 4
	for _, id := range []string{"sms_1", "sms_2", "sms_3", "sms_4"} {
		err := s.db.PutMessage(ctx, dialtone.SMSMessage{ID: id, OperatorID: "fjord", Route: "inbox", State: dialtone.SMSAccepted, Segments: 1, Created: noon, Updated: noon})
		if err != nil {
			t.Fatal(err)
		}
	}
	wantWait(t, "another node sent four", s.daily.spend(ctx, operator, 0, noon.Add(3*recountEvery)), 12*time.Hour-3*recountEvery)
	if err := s.daily.spend(ctx, operator, 0, noon.Add(12*time.Hour)); err != nil {
		t.Errorf("the next day: %v", err)
	}
}

func TestAPolicyWithinItsBounds(t *testing.T) {
	t.Parallel()
	if err := DefaultPolicy.Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Policy){
		"--pin-digits is 5":               func(p *Policy) { p.Digits = 5 },
		"--pin-digits is 9":               func(p *Policy) { p.Digits = 9 },
		"30s to 10m0s":                    func(p *Policy) { p.Lifetime = 11 * time.Minute },
		"--pin-lifetime is 0s":            func(p *Policy) { p.Lifetime = 0 },
		"--pin-lifetime is 300ns":         func(p *Policy) { p.Lifetime = 300 },
		"11 tries":                        func(p *Policy) { p.Tries = 11 },
		"are not limited":                 func(p *Policy) { p.NumberFailures = nil },
		"--number-total-per-day is 21":    func(p *Policy) { p.NumberTotal = []dialtone.Limit{{Count: 21, Window: 24 * time.Hour}} },
		"--number-total-per-day is 0":     func(p *Policy) { p.NumberTotal = nil },
		"--provider-sends-per-hour is -1": func(p *Policy) { p.ProviderSends = -1 },
		"--number-failures-per-day is 101": func(p *Policy) {
			p.NumberFailures = []dialtone.Limit{{Count: 10, Window: time.Hour}, {Count: 101, Window: 24 * time.Hour}}
		},
		"--number-sends-per-hour is 0":   func(p *Policy) { p.NumberSends = []dialtone.Limit{{Count: 0, Window: time.Hour}} },
		"--address-sends-per-hour is -1": func(p *Policy) { p.AddressSends = []dialtone.Limit{{Count: -1, Window: time.Hour}} },
		"--network-sends-per-hour is 0":  func(p *Policy) { p.NetworkSends = []dialtone.Limit{{Count: 0, Window: time.Hour}} },
	} {
		p := DefaultPolicy
		change(&p)
		if err := p.Validate(); !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
