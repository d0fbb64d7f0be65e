package account

import (
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// codeMail is the e-mail with a sign-in code. The code stands first, where previews show it; the host says who asked, so that a
// code which another site asked for in our name is not typed there.
func codeMail(to string, code secret.Text, host string, valid time.Duration) message.Mail {
	return message.Mail{
		To:      to,
		Subject: code.Reveal() + " is your sign-in code",
		Text: fmt.Sprintf(`%s

is your code to sign in at %s.
Type it in the browser in which you asked for it. It works once, for %s.

Never share it with anybody. We do not ask for it by e-mail or by phone.
If you did not ask for it, ignore this e-mail: without the code nobody gets in.
`, code.Reveal(), host, inWords(valid)),
	}
}

// passkeyMail is the e-mail that tells of a new passkey. Whoever added it chose the name, so it stands in quotation marks.
func passkeyMail(to string, p dialtone.Passkey, agent, origin string) message.Mail {
	return message.Mail{
		To:      to,
		Subject: "A passkey was added to your account",
		Text: fmt.Sprintf(`A passkey was added to your account at %[1]s.
Whoever has it can sign in as you.

Name: “%[2]s”
When: %[3]s
Where: %[4]s

If this was you, there is nothing to do.
If it was not, sign in at %[1]s/account, remove the passkey, and
end the sessions that you do not know.
`, origin, writing.InMessage(p.Name), p.Created.UTC().Format("2 January 2006 15:04 UTC"), agent),
	}
}

// inWords is a code's lifetime as people say it.
func inWords(d time.Duration) string {
	if minutes := int(d / time.Minute); minutes != 1 && d%time.Minute == 0 {
		return fmt.Sprintf("%d minutes", minutes)
	}
	return fmt.Sprintf("%d seconds", int(d/time.Second))
}
