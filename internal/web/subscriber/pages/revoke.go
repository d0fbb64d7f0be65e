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
