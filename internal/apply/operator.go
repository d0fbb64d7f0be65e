package apply

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// tenant is an operator with the e-mail addresses of its admins. Whoever proves one of them in the console is an admin.
type tenant struct {
	dialtone.Operator
	admins []string
}

// operatorNoun keeps away from the sandbox operator: its test numbers and fixed PINs are built in.
func operatorNoun() section {
	return noun[tenant]{
		word: "operator", section: "operators", identity: []string{"id"},
		fresh: tenant{Operator: dialtone.Operator{Approval: dialtone.ApprovalManual, Language: "en"}},
		fields: []field[tenant]{
			keep("name", text, func(o *tenant) *string { return &o.Name }).needed(),
			keep("colour", text, func(o *tenant) *string { return &o.Brand.Colour }),
			keep("support", text, func(o *tenant) *string { return &o.Support }),
			keep("language", text, func(o *tenant) *string { return &o.Language }),
			keep("ranges", set, func(o *tenant) *[]string { return &o.Ranges }),
			keep("approval", word[dialtone.ApprovalPolicy](), func(o *tenant) *dialtone.ApprovalPolicy { return &o.Approval }),
			keep("sms.route", text, func(o *tenant) *string { return &o.SMS.Route }),
			keep("sms.sender", text, func(o *tenant) *string { return &o.SMS.Sender }),
			keep("sms.daily", number, func(o *tenant) *int { return &o.SMS.Daily }),
			keep("sms.price", price, func(o *tenant) *int64 { return &o.SMS.Price }),
			keep("sms.currency", text, func(o *tenant) *string { return &o.SMS.Currency }),
			keep("sms.share_price", truth, func(o *tenant) *bool { return &o.SMS.SharePrice }),
			keep("passkey_required", truth, func(o *tenant) *bool { return &o.PasskeyRequired }),
			people("admins", func(o *tenant) *[]string { return &o.admins }),
		},
		find:   findOperator,
		finish: finishOperator,
		valid:  func(o tenant) error { return errors.Join(o.Validate(), seenAsWritten(o.Name)) },
		title:  func(o tenant) (string, string) { return o.ID, o.ID },
		risks: func(was, is *tenant) map[string]string {
			gone := left(was.Ranges, is.Ranges)
			if len(gone) == 0 {
				return nil
			}
			return map[string]string{"ranges": "people with numbers in " + strings.Join(gone, ", ") + " no longer see this brand before they sign in"}
		},
		save: saveOperator,
	}
}

func findOperator(ctx context.Context, p *planner, e entry, fresh tenant) (tenant, bool, error) {
	id, err := e.needed("operator", "id")
	if err != nil {
		return tenant{}, false, err
	}
	found, err := p.applier.catalog.Operator(ctx, id)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		fresh.ID = id
		return fresh, false, nil
	case err == nil && found.Sandbox:
		return tenant{}, false, e.at.Fault("the sandbox operator and its test numbers are built in: leave them out")
	}
	if err != nil {
		return tenant{}, false, err
	}
	staff, err := p.applier.store.Staff(ctx, id)
	o := tenant{Operator: found}
	for _, member := range staff {
		if member.Role == dialtone.StaffAdmin {
			o.admins = append(o.admins, member.Account.Email)
		}
	}
	return o, true, err
}

// saveOperator lets admins in and takes none away.
func saveOperator(ctx context.Context, a Applier, was, is tenant, now time.Time) error {
	if !reflect.DeepEqual(was.Operator, is.Operator) {
		if err := a.catalog.PutOperator(ctx, is.Operator, now); err != nil {
			return err
		}
	}
	for _, email := range left(is.admins, was.admins) {
		if err := a.office.AddAdmin(ctx, is.ID, email, actor, now); err != nil {
			return err
		}
	}
	return nil
}

func finishOperator(_ context.Context, p *planner, e entry, _, is *tenant, _ bool) error {
	p.operators[is.ID] = is.Operator
	if f, given := e.field("admins"); given && f.Empty() {
		p.add(f.Fault("admins: a document lets admins in and takes none away: remove staff in the console, and leave this out"))
	}
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
