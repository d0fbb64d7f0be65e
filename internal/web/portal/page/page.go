// Package page is what the pages of all rooms of the portal have in common beyond what every desk has: its face, the ways between
// its pages, the words of the log, and its own stylesheets and scripts.
package page

import (
	"embed"

	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed static
var files embed.FS

// NewFace returns the portal's face.
func NewFace() (*desk.Face, error) {
	assets, err := web.NewAssets(desk.Files(), files)
	if err != nil {
		return nil, err
	}
	return &desk.Face{
		Name: "Dialtone", For: "for developers", Label: "Portal",
		Open: []desk.Link{{Words: "Docs", Address: "/docs"}}, Own: []desk.Link{{Words: "Your organizations", Address: "/"}},
		Missing:   "The address is wrong, or what was there has gone, or you are not a member of the organization that it belongs to.",
		Forbidden: "Your role does not allow this. Ask an owner of the organization.",
		Prefix:    "portal", Assets: assets,
	}, nil
}
