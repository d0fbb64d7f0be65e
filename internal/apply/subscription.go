package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/text/language"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/written"
)

type subscription = dialtone.Subscription

// subscriptionNoun is a line. Without an id, the one that has the number now is meant, or a new one if none has it.
func subscriptionNoun() section {
	return noun[subscription]{
		word: "subscription", section: "subscriptions", identity: []string{"id"},
		fresh: subscription{Status: dialtone.SubscriptionActive},
		fields: []field[subscription]{
			keep("operator", text, func(s *subscription) *string { return &s.OperatorID }).needed(),
			keep("phone_number", phoneNumber, func(s *subscription) *dialtone.PhoneNumber { return &s.PhoneNumber }).needed(),
			keep("status", word[dialtone.SubscriptionStatus](), func(s *subscription) *dialtone.SubscriptionStatus { return &s.Status }),
			keep("language", tag, func(s *subscription) *string { return &s.Language }),
		},
		find:   findSubscription,
		finish: finishSubscription,
		valid:  subscription.Validate,
		title: func(s subscription) (string, string) {
			if s.ID != "" {
				return s.ID, s.ID + " " + s.PhoneNumber.Masked()
			}
			return s.PhoneNumber.E164(), s.PhoneNumber.Masked()
		},
		// No line has the number, so there is none to end.
		idle: func(s subscription) bool { return s.ID == "" && s.Status == dialtone.SubscriptionEnded },
		risks: func(was, is *subscription) map[string]string {
			if was.Status == is.Status || is.Active() {
				return nil
			}
			return map[string]string{"status": "breaks live sign-ins: whoever is signed in with this line is signed out"}
		},
		save: saveSubscription,
	}
}

// phoneNumber is shown masked, and no fault repeats it.
var phoneNumber = form[dialtone.PhoneNumber]{
	read: func(v *written.Value) (dialtone.PhoneNumber, error) {
		digits, err := v.Hidden()
		if err != nil {
			return "", err
		}
		if !dialtone.ValidE164(digits) {
			return "", v.Fault("phone_number is not of the form \"+33639980000\": plus sign, country and number, no spaces")
		}
		return dialtone.PhoneNumber(digits), nil
	},
	same: equal[dialtone.PhoneNumber],
	show: dialtone.PhoneNumber.Masked,
}

// tag is a language that there is. SMS and pages speak English to those whose language they do not have.
var tag = form[string]{
	read: func(v *written.Value) (string, error) {
		text, err := v.Text()
		if err != nil {
			return "", err
		}
		if _, err := language.Parse(text); err != nil {
			return "", v.Fault("%s: there is no language %s: write a tag of BCP 47, as sv or de-AT", v.Name, quote(text))
		}
		return text, nil
	},
	same: equal[string],
	show: quote,
}

func findSubscription(ctx context.Context, p *planner, e entry, fresh subscription) (found subscription, there bool, err error) {
	id, err := e.id("id")
	if err != nil {
		return subscription{}, false, err
	}
	if id != "" {
		fresh.ID = id
		found, err = p.applier.store.Subscription(ctx, id)
	} else {
		f, given := e.field("phone_number")
		if !given {
			return subscription{}, false, e.at.Fault("this subscription has neither id nor phone_number")
		}
		if fresh.PhoneNumber, err = phoneNumber.read(f.Value); err != nil {
			return subscription{}, false, err
		}
		found, err = p.applier.store.SubscriptionByNumber(ctx, fresh.PhoneNumber)
	}
	if errors.Is(err, dialtone.ErrNotFound) {
		return fresh, false, nil
	}
	return found, err == nil, err
}

func finishSubscription(ctx context.Context, p *planner, e entry, was, is *subscription, found bool) error {
	if f, given := e.field("operator"); given && found && was.OperatorID != is.OperatorID {
		p.add(f.Fault("operator: it is a line of operator %s; end that one first", was.OperatorID))
		is.OperatorID = was.OperatorID
	}
	if found && was.Status == dialtone.SubscriptionEnded && is.Status != was.Status {
		p.add(e.at.Fault("the line has ended for good: a new line needs a new id"))
	}
	return p.refer(ctx, e, "operator", "operator", is.OperatorID, func(ctx context.Context, id string) error {
		o, err := p.applier.catalog.Operator(ctx, id)
		if f, _ := e.field("operator"); err == nil && o.Sandbox {
			p.add(f.Fault("operator: the sandbox operator and its test numbers are built in: leave them out"))
		}
		return err
	})
}

func saveSubscription(ctx context.Context, a Applier, _, is subscription, now time.Time) error {
	if is.Created.IsZero() {
		is.Created = now
		if is.ID == "" {
			is.ID = secret.ID("sub")
		}
	}
	if err := a.store.PutSubscription(ctx, is, now); err != nil {
		return fmt.Errorf("put subscription %s: %w", is.ID, err)
	}
	return nil
}
