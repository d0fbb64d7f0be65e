package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type operator = dialtone.Operator

// operatorNoun keeps away from the sandbox operator: its test numbers and fixed PINs are built in.
func operatorNoun() section {
	return noun[operator]{
		word: "operator", section: "operators", identity: []string{"id"},
		fresh: operator{Approval: dialtone.ApprovalManual, Language: "en"},
		fields: []field[operator]{
			keep("name", text, func(o *operator) *string { return &o.Name }).needed(),
			keep("colour", text, func(o *operator) *string { return &o.Brand.Colour }),
			keep("support", text, func(o *operator) *string { return &o.Support }),
			keep("language", text, func(o *operator) *string { return &o.Language }),
			keep("ranges", set, func(o *operator) *[]string { return &o.Ranges }),
			keep("approval", word[dialtone.ApprovalPolicy](), func(o *operator) *dialtone.ApprovalPolicy { return &o.Approval }),
			keep("sms.route", text, func(o *operator) *string { return &o.SMS.Route }),
			keep("sms.sender", text, func(o *operator) *string { return &o.SMS.Sender }),
			keep("sms.daily", number, func(o *operator) *int { return &o.SMS.Daily }),
			keep("sms.price", price, func(o *operator) *int64 { return &o.SMS.Price }),
			keep("sms.currency", text, func(o *operator) *string { return &o.SMS.Currency }),
			keep("sms.share_price", truth, func(o *operator) *bool { return &o.SMS.SharePrice }),
		},
		find:   findOperator,
		finish: finishOperator,
		valid:  func(o operator) error { return errors.Join(o.Validate(), seenAsWritten(o.Name)) },
		title:  func(o operator) (string, string) { return o.ID, o.ID },
		risks: func(was, is *operator) map[string]string {
			gone := left(was.Ranges, is.Ranges)
			if len(gone) == 0 {
				return nil
			}
			return map[string]string{"ranges": "people with numbers in " + strings.Join(gone, ", ") + " no longer see this brand before they sign in"}
		},
		save: func(ctx context.Context, a Applier, _, is operator, now time.Time) error {
			return a.catalog.PutOperator(ctx, is, now)
		},
	}
}

func findOperator(ctx context.Context, p *planner, e entry, fresh operator) (operator, bool, error) {
	id, err := e.needed("operator", "id")
	if err != nil {
		return operator{}, false, err
	}
	found, err := p.applier.catalog.Operator(ctx, id)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		fresh.ID = id
		return fresh, false, nil
	case err == nil && found.Sandbox:
		return operator{}, false, e.at.Fault("the sandbox operator and its test numbers are built in: leave them out")
	}
	return found, true, err
}

func finishOperator(_ context.Context, p *planner, e entry, _, is *operator, _ bool) error {
	p.operators[is.ID] = *is
	f, given := e.field("sms.route")
	switch {
	case !given || is.SMS.Route == "":
	case p.applier.Routes == nil:
		p.notes = append(p.notes, "operator "+is.ID+": whether there is an SMS route "+quote(is.SMS.Route)+
			" was not looked up: name the configuration file that has sms-routes with --config")
	case !slices.Contains(p.applier.Routes, is.SMS.Route):
		p.add(f.Fault("sms.route: there is no route %s below sms-routes in the configuration file; there is %s",
			quote(is.SMS.Route), strings.Join(p.applier.Routes, ", ")))
	}
	return nil
}

// noteRoutes tells of operators that will lose every SMS: whose route, which this document does not change, is none of the
// configuration's.
func (p *planner) noteRoutes(ctx context.Context) error {
	if p.applier.Routes == nil {
		return nil
	}
	stored, err := p.applier.catalog.Operators(ctx)
	if err != nil {
		return fmt.Errorf("look at the operators: %w", err)
	}
	for _, o := range stored {
		if changed, there := p.operators[o.ID]; there {
			o = changed
		}
		if !o.Sandbox && o.SMS.Route != "" && !slices.Contains(p.applier.Routes, o.SMS.Route) {
			p.notes = append(p.notes, "operator "+o.ID+": no SMS leaves for it, because there is no SMS route "+quote(o.SMS.Route)+
				" below sms-routes in the configuration file")
		}
	}
	return nil
}

// left returns what was in a list and is no longer.
func left(was, is []string) []string {
	return slices.DeleteFunc(slices.Clone(was), func(s string) bool { return slices.Contains(is, s) })
}

// needed reads the id that an entry cannot be without.
func (e entry) needed(word, key string) (string, error) {
	if _, there := e.field(key); !there {
		return "", e.at.Fault("this %s has no %s", word, key)
	}
	return e.id(key)
}
