package product

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Client is the page of one client: its fields and its secrets.
type Client struct {
	desk.Shell
	view
	Client    dialtone.Client
	Form      *ClientForm
	Secrets   []SecretRow
	NewSecret Entries
	Once      string // desk.NewFormToken of the forms that make a secret
	Overlaps  []Option
	Conflict  bool // somebody else saved the client while this form was open
}

// Differs reports whether what somebody else saved contradicts the form.
func (c *Client) Differs() bool {
	return slices.ContainsFunc(c.Form.parts(), Entries.differ)
}

// overlaps are how long the old secret may go on counting after a rotation: time to bring the new one to every server.
var overlaps = []Option{{"1h", "1 hour"}, {"24h", "24 hours"}, {"168h", "7 days"}}

// ShowClient shows a client.
func (m *Room) ShowClient(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	c, o, err := m.openClient(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := clientPage(c, o, settingTexts(c.ClientSettings), v.Now)
	shown.Notice = notice(r)
	m.pages.Render(w, v, http.StatusOK, shown)
}

// openClient finds the client that the address names. ErrNotFound also where the person is no member.
func (m *Room) openClient(r *http.Request, v desk.Visit) (dialtone.Client, view, error) {
	c, p, role, err := m.Catalog.Client(r.Context(), v.Actor, r.PathValue("client"))
	if err != nil {
		return dialtone.Client{}, view{}, err
	}
	o, err := m.viewOf(r, v, p, role)
	return c, o, err
}

// clientPage is the page with these texts in its form.
func clientPage(c dialtone.Client, o view, texts url.Values, now time.Time) *Client {
	shown := &Client{
		Shell: clientShell(c, o), view: o, Client: c, Form: clientForm(texts, c.Type, "/clients/"+c.ID), Secrets: secretRows(c, now),
		NewSecret: secretFields("name", "expires", "", ""), Once: desk.NewFormToken(now), Overlaps: overlaps,
	}
	shown.Form.Seen = c.Updated.UnixMicro()
	if !o.MayClients {
		shown.Form.readOnly()
	}
	return shown
}

// clientShell is the frame of a page about a client.
func clientShell(c dialtone.Client, o view) desk.Shell {
	shell := o.shell(tabClients)
	shell.Title, shell.Crumbs, shell.Wide = clientName(c), clientCrumbs(o), false
	return shell
}

// clientName is what people call the client.
func clientName(c dialtone.Client) string {
	if c.Description != "" {
		return c.Description
	}
	return c.ID
}

// clientSubShell is the frame of a page that asks something about a client.
func clientSubShell(c dialtone.Client, o view, title string) desk.Shell {
	shell := clientShell(c, o)
	shell.Crumbs = append(shell.Crumbs, desk.Link{Words: clientName(c), Address: "/clients/" + c.ID})
	shell.Title = title
	return shell
}
