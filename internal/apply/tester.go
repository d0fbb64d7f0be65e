package apply

import (
	"context"
	"errors"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/written"
)

// tester is a number with which a product is tried. Until is zero if it is not named.
type tester struct {
	dialtone.Tester
	number dialtone.PhoneNumber
}

func testerNoun() section {
	return noun[tester]{
		word: "tester", section: "testers", identity: []string{"product", "phone_number"},
		fields: []field[tester]{
			keep("until", day, func(t *tester) *time.Time { return &t.Until }),
		},
		find:   findTester,
		finish: finishTester,
		valid:  func(tester) error { return nil }, // it depends on the hour: finishTester
		title: func(t tester) (string, string) {
			return t.ProductID + " " + t.number.E164(), t.number.Masked() + " of " + t.ProductID
		},
		idle: func(t tester) bool { return t.Until.IsZero() },
		risks: func(was, is *tester) map[string]string {
			if !is.Until.IsZero() {
				return nil
			}
			return map[string]string{"until": "breaks live sign-ins: the number can no longer use the product, unless its operator has enabled it"}
		},
		save: saveTester,
	}
}

// day is a date, whose end in UTC is meant.
var day = form[time.Time]{
	read: func(v *written.Value) (time.Time, error) {
		text, err := v.Text()
		if err != nil {
			return time.Time{}, err
		}
		date, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return time.Time{}, v.Fault("%s: write the last day as \"2026-12-31\"", v.Name)
		}
		return date.AddDate(0, 0, 1), nil
	},
	same: time.Time.Equal,
	show: func(end time.Time) string {
		if end.IsZero() {
			return ""
		}
		return end.Add(-1).UTC().Format(time.DateOnly)
	},
}

// findTester returns the tester with its line, which the document may make: then it has no id yet.
func findTester(ctx context.Context, p *planner, e entry, fresh tester) (tester, bool, error) {
	productID, err := e.needed("tester", "product")
	if err != nil {
		return tester{}, false, err
	}
	f, given := e.field("phone_number")
	if !given {
		return tester{}, false, e.at.Fault("this tester has no phone_number")
	}
	if fresh.number, err = phoneNumber.read(f.Value); err != nil {
		return tester{}, false, err
	}
	fresh.ProductID = productID
	line, err := p.applier.store.SubscriptionByNumber(ctx, fresh.number)
	if errors.Is(err, dialtone.ErrNotFound) {
		return fresh, false, nil
	}
	if err != nil {
		return tester{}, false, err
	}
	fresh.SubscriptionID, fresh.OperatorID = line.ID, line.OperatorID
	testers, err := p.applier.store.Testers(ctx, productID)
	for _, t := range testers {
		if t.SubscriptionID == line.ID && p.now.Before(t.Until) {
			return tester{t, fresh.number}, true, nil
		}
	}
	return fresh, false, err
}

func finishTester(ctx context.Context, p *planner, e entry, _, is *tester, found bool) error {
	until, given := e.field("until")
	number, _ := e.field("phone_number")
	switch {
	case !given && !found:
		p.add(e.at.Fault("a new tester needs until: the last day, as \"2026-12-31\""))
	case given && !until.Empty():
		if err := is.Validate(p.now); err != nil && !is.Until.IsZero() {
			p.add(until.Fault("until: %s", problem(err)))
		}
	}
	switch {
	case is.OperatorID == directory.SandboxOperatorID:
		p.add(number.Fault("phone_number: sandbox numbers try every product that is offered to the sandbox; leave this out"))
	case is.SubscriptionID == "" && !p.coming["subscription"][is.number.E164()] && !is.Until.IsZero():
		p.add(number.Fault("phone_number: no line has the number: add it to subscriptions"))
	}
	return p.refer(ctx, e, "product", "product", is.ProductID, func(ctx context.Context, id string) error {
		_, err := p.applier.store.Product(ctx, id)
		return err
	})
}

func saveTester(ctx context.Context, a Applier, was, is tester, now time.Time) error {
	if is.Until.IsZero() {
		return a.catalog.EndTester(ctx, was.Tester, now)
	}
	line, err := a.store.SubscriptionByNumber(ctx, is.number)
	if err != nil {
		return err
	}
	is.SubscriptionID, is.OperatorID = line.ID, line.OperatorID
	return a.catalog.NameTester(ctx, is.Tester, actor, now)
}
