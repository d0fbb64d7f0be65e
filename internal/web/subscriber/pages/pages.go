// Package pages holds what a subscriber sees: one struct and one template of the same name for each page, their words in
// every language, stylesheet and scripts.
//
//	Number ──▶ PIN ──▶ Consent ──▶ back to the app          Front, Error, NotAvailable
//	Revoke    My ──▶ MyRemove, MyRecord    Logout ──▶ SignedOut    FormPost (response_mode=form_post)
//
// Every form works without script, carries the sealed state in the hidden field r and posts to the page's own path; only
// "send again" posts to /signin/resend and signing out to /signout. Field names and ids are those of docs/promises.md and part
// of the product: people's password managers and other programs rely on them.
//
// A struct holds what was decided, never a rule: handlers fill it in, templates choose words and boxes by it.
package pages

import (
	"embed"

	"github.com/dialtone-id/dialtone/internal/web"
)

//go:embed templates languages static
var files embed.FS

// NewRenderer returns the renderer of these pages. It fails only if the embedded files do not fit each other, which the
// tests find.
func NewRenderer() (*web.Renderer, error) { return web.NewRenderer(files) }
