package signin

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const templatePIN = "pin"

// sending is one PIN SMS to be.
type sending struct {
	Asker
	line            dialtone.Subscription // zero: the number is not served, or the app may not send it an SMS
	code            secret.Text
	asked, notAfter time.Time
}

// pinMessage returns what makes the SMS when its turn comes, after the answer to the browser: here the ways of served and
// other numbers part.
func (s *Service) pinMessage(p sending) message.Compose {
	return func(ctx context.Context) (message.Message, error) {
		if p.line.ID == "" {
			return message.Message{}, message.ErrNothing
		}
		operator, err := s.Operators.Operator(ctx, p.line.OperatorID)
		if err != nil {
			return message.Message{}, fmt.Errorf("operator %s: %w", p.line.OperatorID, err)
		}
		// The sandbox operator has published PINs and no SMS, so that it can never sign in anybody's real number.
		if operator.Sandbox || inSandbox(p.line) {
			return message.Message{}, message.ErrNothing
		}
		if err := s.daily.spend(ctx, operator, s.DailySMSLimit, p.asked); err != nil {
			return message.Message{}, err
		}
		language := cmp.Or(p.Language, p.line.Language, operator.Language)
		return message.Message{
			ID:         secret.ID("sms"),
			OperatorID: operator.ID,
			Route:      operator.SMS.Route,
			To:         p.line.PhoneNumber,
			Sender:     operator.SMS.Sender,
			Text:       message.PIN{Language: language, Product: p.App.Product.Name, Code: p.code, Host: p.Host}.Text(),
			NotAfter:   p.notAfter,
			Template:   templatePIN,
			Language:   language,
			Left: func(segments int) {
				s.Traffic.Count(dialtone.Tally{
					ProductID: p.App.Product.ID, ClientID: p.App.Client.ID, OperatorID: operator.ID, Hour: p.asked,
					Kind: dialtone.TallySMSSegments, Count: int64(segments),
				})
			},
		}, nil
	}
}
