// Package page is what the pages of all rooms of the console have in common beyond what every desk has: its face, the operator that an
// address names, and the ways between its pages.
package page

import (
	"context"
	"embed"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed static
var files embed.FS

// NewFace returns the console's face.
func NewFace() (*desk.Face, error) {
	assets, err := web.NewAssets(desk.Files(), files)
	if err != nil {
		return nil, err
	}
	return &desk.Face{
		Name: "Dialtone", For: "for operators", Label: "Console",
		Own:       []desk.Link{{Words: "Your operators", Address: "/"}},
		Missing:   "The address is wrong, or what was there has gone, or you do not work for the operator that it belongs to.",
		Forbidden: "Your role does not allow this. Ask an admin of the operator.",
		Prefix:    "console", Assets: assets,
	}, nil
}

// Office says who may do what.
type Office interface {
	May(ctx context.Context, actor dialtone.Actor, operatorID string, action operator.Action) (operator.Desk, error)
}

// Place is the operator that an address names, as the person who looks works there.
type Place struct {
	operator.Desk
	Address string // of its first page
}

// Enter returns the operator of the request's address. Errors: ErrNotFound, also for who does not work there; *dialtone.ForbiddenError if the
// person may not do the action.
func Enter(r *http.Request, v desk.Visit, office Office, action operator.Action) (Place, error) {
	at, err := office.May(r.Context(), v.Actor, r.PathValue("operator"), action)
	return Place{at, Address(at.Operator.ID)}, err
}

// Address is the first page of an operator.
func Address(operatorID string) string { return "/operators/" + operatorID }

// May reports whether the person may do the action, so that a page leaves out what would be refused.
func (p Place) May(action operator.Action) bool { return operator.RoleMay(p.Role, action) }

// The tabs, by the last part of their addresses.
const (
	TabHome     = ""
	TabProducts = "products"
	TabCare     = "care"
	TabStaff    = "staff"
	TabAudit    = "audit"
	TabSettings = "settings"
)

var tabs = []struct {
	words, path string
	needs       operator.Action
}{
	{"Home", TabHome, operator.ReadOperator},
	{"Products", TabProducts, operator.ReadProducts},
	{"Care", TabCare, operator.ReadLines},
	{"Staff", TabStaff, operator.ReadStaff},
	{"Audit log", TabAudit, operator.ReadAudit},
	{"Settings", TabSettings, operator.ReadOperator},
}

// Shell is the frame of a page of the operator.
func (p Place) Shell(tab string) desk.Shell {
	var views [][2]string
	for _, t := range tabs {
		if p.May(t.needs) {
			views = append(views, [2]string{t.words, t.path})
		}
	}
	return desk.Shell{
		Title: p.Operator.Name, Crumbs: []desk.Link{{Words: "Operators", Address: "/"}}, Tabs: desk.Tabs(p.Address, tab, views), Wide: true,
	}
}

// Inside is the frame of a page that belongs to a tab of the operator: one thing, or a form of its own.
func (p Place) Inside(title, tab string) desk.Shell {
	s := desk.Shell{Title: title, Crumbs: []desk.Link{{Words: "Operators", Address: "/"}, {Words: p.Operator.Name, Address: p.Address}}}
	for _, t := range tabs {
		if t.path == tab {
			s.Crumbs = append(s.Crumbs, desk.Link{Words: t.words, Address: p.Address + "/" + tab})
		}
	}
	return s
}
