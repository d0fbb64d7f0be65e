package pages

import (
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// Revoke asks whether the product shall be removed from the line. It posts r and decision (remove or cancel) to
// /revoke-consent.
type Revoke struct {
	web.Frame
	State        string // r
	Product      dialtone.Product
	Organization string               // who offers the product; may be empty
	Number       dialtone.PhoneNumber // shown masked
}

// Title asks the question of the page.
func (p Revoke) Title() web.Text {
	return web.Text{ID: "revoke.title", Values: web.Values{"product": p.Product.Name, "number": p.Number}}
}

// Revoked says that the product was removed, where there is no app to return to by itself.
type Revoked struct {
	web.Frame
	Product dialtone.Product
	Number  dialtone.PhoneNumber // shown masked
	Back    string               // leads to the app; may be empty
}

// Title says what happened.
func (p Revoked) Title() web.Text {
	return web.Text{ID: "revoked.title", Values: web.Values{"product": p.Product.Name}}
}
