package pages

import (
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// Consent asks whether the product may be added to the line. It posts r, decision (allow or deny), terms=accepted when
// ticked, and scope once for each optional scope that is ticked, to /consent. Renderer.Words gives its words for the proof.
type Consent struct {
	web.Frame
	State        string // r
	Product      dialtone.Product
	Organization string               // who offers the product; may be empty
	Number       dialtone.PhoneNumber // shown masked
	Required     []dialtone.Scope     // what the product gets in any case
	Optional     []OptionalScope
	Update       bool // the product has a consent already and asks for more, or anew
	Terms        bool // the terms box is ticked (kept after a problem)
	TermsMissing bool // allow was pressed without the terms
	Changed      bool // another question was answered: this one is asked now
	NothingLeft  bool // allow was pressed, but nothing at all is ticked
}

// OptionalScope is a scope that the person may leave out.
type OptionalScope struct {
	dialtone.Scope
	Ticked bool // kept after a problem; never ticked at first
}

// Title asks the question of the page.
func (p Consent) Title() web.Text {
	id := "consent.title"
	if p.Update {
		id = "consent.title_update"
	}
	return web.Text{ID: id, Values: web.Values{"product": p.Product.Name, "number": p.Number}}
}
