package product

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// General is the tab General: everything that a subscriber reads of a product.
type General struct {
	desk.Shell
	view
	Fields      Entries
	Seen        int64
	Card        Card
	IconProblem string
	Conflict    bool // somebody else saved the product while this form was open
}

// Differs reports whether what somebody else saved contradicts the form.
func (g *General) Differs() bool { return g.Fields.differ() }

// Card is the product as its subscribers see it when they are asked for consent.
type Card struct {
	IconID       string
	Initial      string // shown where there is no icon
	Name         string
	Subtitle     string
	Organization string
	Price        string
	Description  string
	Terms        bool
	Privacy      bool
}

// ShowGeneral shows the product's own fields.
func (m *Room) ShowGeneral(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := general(o, catalog.EditOf(o.Product))
	shown.Notice = savedNotice(r, o.Product)
	m.pages.Render(w, v, http.StatusOK, shown)
}

// general is the tab with the values of edit in its form.
func general(o view, edit catalog.ProductEdit) *General {
	shown := &General{
		Shell: o.shell(tabGeneral), view: o, Fields: productFields(edit),
		Seen: o.Product.Updated.UnixMicro(), Card: cardOf(edit, o.owner.Name, o.Product.IconID),
	}
	if !o.MayWrite {
		shown.Fields.readOnly()
	}
	return shown
}

// formEdit reads the fields of a product from a posted form.
func formEdit(r *http.Request) catalog.ProductEdit {
	form := r.PostForm
	return catalog.ProductEdit{
		Name: form.Get("name"), Subtitle: form.Get("subtitle"), Description: form.Get("description"), Price: form.Get("price"),
		TermsURL: form.Get("terms_url"), PrivacyURL: form.Get("privacy_url"), Support: form.Get("support"),
	}
}

func productFields(edit catalog.ProductEdit) Entries {
	return Entries{
		{Field: desk.Field{Name: "name", Label: "Name", Value: edit.Name, Most: 80, Autocomplete: "off",
			Hint: "As your users know it. It stands in the SMS with the PIN, too."}},
		{Field: desk.Field{Name: "subtitle", Label: "Subtitle", Value: edit.Subtitle, Most: 120, Optional: true,
			Hint: "A few words below the name: what it is."}},
		{Field: desk.Field{Name: "description", Label: "Description", Value: edit.Description, Lines: 4, Most: 4000, Optional: true,
			Hint: "One or two sentences: what people get when they add it."}},
		{Field: desk.Field{Name: "price", Label: "Price", Value: edit.Price, Most: 40, Optional: true,
			Hint: "As people read it: “Free”, or “49 kr a month, cancel at any time”."}},
		{Field: desk.Field{Name: "terms_url", Label: "Terms of use", Value: edit.TermsURL, Type: "url", Optional: true,
			Hint: "An address that begins with https://. With it, people must tick that they accept your terms."}},
		{Field: desk.Field{Name: "privacy_url", Label: "Privacy policy", Value: edit.PrivacyURL, Type: "url", Optional: true,
			Hint: "An address that begins with https://, where you say what you do with people's data."}},
		{Field: desk.Field{Name: "support", Label: "Support", Value: edit.Support, Optional: true,
			Hint: "Where your users get help: an address that begins with https://, or an e-mail address."}},
	}
}

func cardOf(edit catalog.ProductEdit, organization, iconID string) Card {
	return Card{
		IconID: iconID, Initial: initial(edit.Name), Name: edit.Name, Subtitle: edit.Subtitle, Organization: organization,
		Price: edit.Price, Description: edit.Description, Terms: edit.TermsURL != "", Privacy: edit.PrivacyURL != "",
	}
}
