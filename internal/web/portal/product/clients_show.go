package product

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Clients is the tab Clients: the product's OAuth clients, and the form for a new one.
type Clients struct {
	desk.Shell
	view
	Address string // of this page
	Search  desk.Field
	Clients []ClientRow
	Found   int         // clients that were searched for, on all pages
	From    int         // number of the first one on this page, from 1
	Back    string      // address of the page before; empty: this is the first
	Next    string      // of the page after it; empty: there is none
	Form    *ClientForm // of the dialog
}

// To is the number of the last client on this page.
func (c *Clients) To() int { return c.From + len(c.Clients) - 1 }

// Turned reports whether the list has more than one page.
func (c *Clients) Turned() bool { return c.Back != "" || c.Next != "" }

// clientsShown on one page.
const clientsShown = 25

// ClientRow is a client with its secrets as they stand.
type ClientRow struct {
	dialtone.Client
	Secrets []SecretRow
}

// Worst is the secret that needs somebody's eyes most: none that works, one that expires soon; else the first.
func (c ClientRow) Worst() SecretRow {
	rank := func(s SecretRow) int {
		switch {
		case s.Soon:
			return 0
		case !s.Expired:
			return 1
		}
		return 2
	}
	return slices.MinFunc(c.Secrets, func(a, b SecretRow) int { return rank(a) - rank(b) })
}

// Live is how many secrets count.
func (c ClientRow) Live() int { return count(c.Secrets, func(s SecretRow) bool { return !s.Expired }) }

// LastUsed is when one of the secrets was used last; zero: never.
func (c ClientRow) LastUsed() time.Time {
	var last time.Time
	for _, s := range c.Secrets {
		if s.LastUsed.After(last) {
			last = s.LastUsed
		}
	}
	return last
}

// has reports whether the client is one that was searched for: by its description, its id or one of its addresses.
func (c ClientRow) has(words string) bool {
	texts := slices.Concat([]string{c.Description, c.ID}, c.RedirectURIs, c.PostRevokeRedirectURIs, c.PostLogoutRedirectURIs)
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(words)) })
}

// SecretRow is a secret of a client.
type SecretRow struct {
	dialtone.ClientSecret
	Expired  bool
	Replaced bool // by rotation
	Soon     bool // it expires within expiresSoon
	Only     bool // no other secret of the client is live
}

// expiresSoon is when a page begins to warn: time enough to rotate.
const expiresSoon = 14 * 24 * time.Hour

func secretRows(c dialtone.Client, now time.Time) []SecretRow {
	var rows []SecretRow
	live := count(c.Secrets, func(s dialtone.ClientSecret) bool { return s.Live(now) })
	for _, s := range c.Secrets {
		rows = append(rows, SecretRow{
			ClientSecret: s, Expired: !s.Live(now), Replaced: catalog.Replaced(c, s), Only: s.Live(now) && live == 1,
			Soon: s.Live(now) && !s.Expires.IsZero() && s.Expires.Before(now.Add(expiresSoon)),
		})
	}
	return rows
}

// Called is what people call the secret.
func (s SecretRow) Called() string {
	if s.Name != "" {
		return s.Name
	}
	return "without a name"
}

// ShowClients shows the product's clients: ?q= searches, ?page= turns the page.
func (m *Room) ShowClients(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	clients, err := m.Catalog.Clients(r.Context(), v.Actor, o.Product.ID)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	query := r.URL.Query()
	shown := &Clients{
		Shell: o.shell(tabClients), view: o, Form: newClientForm(o.Product, nil, v.Now), Address: "/products/" + o.Product.ID + "/clients",
		Search: desk.Field{Name: "q", Label: "Search", Type: "search", Value: strings.TrimSpace(query.Get("q")), Most: 200, Optional: true,
			Hint: "A part of the description, the client id or a redirect URI."},
	}
	shown.Notice = notice(r)
	if o.MayClients && len(clients) > 0 {
		shown.Action, shown.Dialog = desk.Link{Words: "New client", Address: shown.Address + "/new"}, "new-client"
	}
	for _, c := range clients {
		if row := (ClientRow{Client: c, Secrets: secretRows(c, v.Now)}); row.has(shown.Search.Value) {
			shown.Clients = append(shown.Clients, row)
		}
	}
	shown.turn(query.Get("page"))
	m.pages.Render(w, v, http.StatusOK, shown)
}

// turn keeps one page of what was found, and sets the ways to the others. A page that is not there is the nearest one.
func (c *Clients) turn(page string) {
	c.Found = len(c.Clients)
	last := max(0, c.Found-1) / clientsShown
	n, _ := strconv.Atoi(page) // what is no number is the first page
	at := min(max(n-1, 0), last)
	c.From = at*clientsShown + 1
	if at > 0 {
		c.Back = c.at(at)
	}
	if at < last {
		c.Next = c.at(at + 2)
	}
	c.Clients = c.Clients[at*clientsShown : min(c.Found, (at+1)*clientsShown)]
}

func (c *Clients) at(page int) string {
	query := url.Values{"page": {strconv.Itoa(page)}}
	if c.Search.Value != "" {
		query.Set("q", c.Search.Value)
	}
	return c.Address + "?" + query.Encode()
}
