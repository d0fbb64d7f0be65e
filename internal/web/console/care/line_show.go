package care

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/dialtone-id/dialtone/internal/care"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Line is a subscriber's line as staff see it.
type Line struct {
	desk.Shell
	page.Place
	View     care.View
	Here     string
	MayWrite bool
	Number   string // the whole one, just revealed; empty: masked
	Held     []heldLine
	Names    map[string]string // of products, by id, as far as they are held
	Acts     []act
	Reason   desk.Field
	Note     desk.Field
}

// heldLine is a product that the line allows something.
type heldLine struct {
	dialtone.Held
	Allows []string // in the subscriber's words
	Remove string   // the address that takes it back; empty: not for this person
	Reason desk.Field
}

// act is a button.
type act struct {
	Value, Words, Consequence string
	Danger                    bool
}

// Sensitive says that a line may not be opened.
type Sensitive struct {
	desk.Shell
	Back string
}

var lineNotices = map[string]string{
	"removed": "The consent is taken back. The product’s access has stopped.",
	"note":    "The note is written.",
	"done":    "Done.",
}

// ShowLine shows a line.
func (m *Room) ShowLine(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.linePage(r, v)
	if err != nil {
		m.fail(w, r, v, err)
		return
	}
	query := r.URL.Query()
	p.Notice = lineNotices[query.Get("done")]
	if n, err := strconv.Atoi(query.Get("signed_out")); err == nil && n >= 0 {
		p.Notice = fmt.Sprintf("Signed out everywhere: %d browsers.", n)
		if n == 1 {
			p.Notice = "Signed out everywhere: 1 browser."
		}
	}
	m.pages.Render(w, v, http.StatusOK, p)
}

// fail is Fail, with a page of its own for what the person may not open.
func (m *Room) fail(w http.ResponseWriter, r *http.Request, v desk.Visit, err error) {
	if _, sensitive := errors.AsType[*care.SensitiveError](err); sensitive {
		back := page.Address(r.PathValue("operator")) + "/" + page.TabCare
		m.pages.Render(w, v, http.StatusForbidden, &Sensitive{Shell: desk.Shell{Title: "This line is sensitive"}, Back: back})
		return
	}
	m.Fail(w, r, v, err)
}

func (m *Room) linePage(r *http.Request, v desk.Visit) (*Line, error) {
	at, err := page.Enter(r, v, m.Office, operator.ReadLines)
	if err != nil {
		return nil, err
	}
	view, err := m.Care.Open(r.Context(), v.Actor, at.Operator.ID, r.PathValue("line"), v.Now)
	if err != nil {
		return nil, err
	}
	scopes, err := m.Scopes.Scopes(r.Context())
	if err != nil {
		return nil, err
	}
	p := &Line{
		Shell: at.Inside(view.Line.PhoneNumber.Masked(), page.TabCare), Place: at, View: view, MayWrite: at.May(operator.WriteLines),
		Here: at.Address + "/lines/" + view.Line.ID, Names: make(map[string]string), Reason: reasonField("reason"),
		Note: desk.Field{Name: "note", Label: "Note for colleagues", Lines: 3, Most: 1000, Optional: true, Autocomplete: "off",
			Hint: "It stays with the line. Write nothing that the subscriber should not read: they may ask for it."},
	}
	p.Wide = true
	for _, h := range view.Held {
		line := heldLine{Held: h, Allows: allows(h.Consent, scopes), Reason: reasonField("reason-" + h.Product.ID)}
		if p.MayWrite {
			line.Remove = p.Here + "/consents/" + h.Product.ID + "/remove"
		}
		p.Names[h.Product.ID] = h.Product.Name
		p.Held = append(p.Held, line)
	}
	if p.MayWrite {
		p.Acts = actsOn(view.Line)
	}
	return p, nil
}

func reasonField(id string) desk.Field {
	return desk.Field{Name: "reason", ID: id, Label: "Reason", Most: 200, Autocomplete: "off", Hint: "It stands in the audit log."}
}

// allows are the scopes of a consent in the subscriber's words, in English as the console is.
func allows(c dialtone.Consent, all map[string]dialtone.Scope) []string {
	var list []string
	for _, name := range c.Scopes {
		words := name
		if scope, known := all[name]; known && scope.Subscriber["en"] != "" {
			words = scope.Subscriber["en"]
		}
		list = append(list, words)
	}
	return list
}

// actsOn are what can be done with a line as it is.
func actsOn(line dialtone.Subscription) []act {
	acts := []act{{Value: actReveal, Words: "Show the number", Consequence: "The whole number, on this page only."}}
	if line.Status == dialtone.SubscriptionEnded {
		return acts
	}
	acts = append(acts, act{Value: actSignOut, Words: "Sign out everywhere", Consequence: "All browsers. Apps with a lasting access keep it."})
	if line.Status == dialtone.SubscriptionBlocked {
		acts = append(acts, act{Value: string(care.Unblock), Words: "Unblock", Consequence: "The line can sign in again, and apps have their access back."})
	} else {
		acts = append(acts, act{Value: string(care.Block), Words: "Block", Consequence: "Nothing can be used until it is unblocked; consents stay.", Danger: true})
	}
	if line.Sensitive {
		return append(acts, act{Value: string(care.Ordinary), Words: "Mark as ordinary", Consequence: "All of care can open it again."})
	}
	return append(acts, act{Value: string(care.Sensitive), Words: "Mark as sensitive", Consequence: "From then on only those open it who may open sensitive lines."})
}

// display writes a number in groups, as people read it.
func display(n dialtone.PhoneNumber) string { return directory.Display(n) + " (" + n.E164() + ")" }
