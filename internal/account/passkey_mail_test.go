package account

import (
	"context"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/message"
)

func TestANewPasskeyIsToldOfByEmail(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in := s.byEmail(ada)
	before := len(s.mails(ada))
	added := s.addPasskey(in, newAuthenticator(t))
	mails := s.mails(ada)
	if len(mails) != before+1 || mails[0].Subject != "A passkey was added to your account" {
		t.Fatalf("mails %+v", mails)
	}
	for _, want := range []string{"“Laptop”", added.Created.Format("2 January 2006 15:04 UTC"), "Firefox on Linux", origin + "/account, remove the passkey"} {
		if !strings.Contains(mails[0].Text, want) {
			t.Errorf("the e-mail does not say %q:\n%s", want, mails[0].Text)
		}
	}
}

// goingAway is a mail server that is slower than a browser: the person has left when it takes an e-mail.
type goingAway struct {
	Mailer
	leave context.CancelFunc
}

func (g *goingAway) SendMail(ctx context.Context, m message.Mail) error {
	g.leave()
	if err := ctx.Err(); err != nil {
		return err
	}
	return g.Mailer.SendMail(ctx, m)
}

func TestWhoeverAddsAPasskeyCannotKeepTheEmailBack(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(context.Background())
	s := newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.Mail = &goingAway{s.Mail, leave}
	options, state := s.beginAdd(in)
	if _, err := s.FinishAddPasskey(ctx, in.actor, NewPasskey{State: state, Response: device.create(options)}, s.now); err != nil {
		t.Fatal(err)
	}
	if subject := s.mails(ada)[0].Subject; !strings.Contains(subject, "passkey") {
		t.Errorf("the last e-mail is %q", subject)
	}
}

func TestAPasskeyIsAddedWhileTheMailServerIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	in, device := s.byEmail(ada), newAuthenticator(t)
	s.Mail = answering{&message.Failure{Kind: message.Temporary, Code: "smtp_connect"}}
	s.addPasskey(in, device)
	if got, err := s.byPasskey(device); err != nil || got.Account != in.Account {
		t.Errorf("signing in with it: %+v, %v", got.Account, err)
	}
	if log := s.log.String(); !strings.Contains(log, "not told of by e-mail") || strings.Contains(log, ada) {
		t.Errorf("the log says %s", log)
	}
}
