package product

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// ClientForm is the form for a client: the three fields that everybody fills in, and the rest.
type ClientForm struct {
	Action  string // where it is posted
	Once    string // page.NewFormToken, of a form that makes a client
	Seen    int64  // of a form that changes one
	Main    Entries
	Type    dialtone.ClientType
	Auth    Choice
	Signing Choice
	Logout  Entries // post-logout redirect URIs
	Secret  Entries // of a new client: its first secret's name and last day
	Open    bool    // show "more options" at once: something is wrong there
}

// Choice is a field with a few values to choose from.
type Choice struct {
	Name, Label, Hint string
	Value             string
	Options           []Option
	Problem           string
	Differs           bool   // as in Entry
	Meanwhile         string // as in Entry
	Disabled          bool
}

// Option is one of the values.
type Option struct{ Value, Words string }

// New reports whether the form makes a client.
func (f *ClientForm) New() bool { return f.Once != "" }

// Public reports whether the client has no secret.
func (f *ClientForm) Public() bool { return f.Type == dialtone.ClientPublic }

func clientForm(edit catalog.ClientEdit, action string) *ClientForm {
	uris := func(list []string) string { return strings.Join(list, "\n") }
	return &ClientForm{
		Action: action, Type: edit.Type,
		Main: Entries{
			{Field: page.Field{Name: "description", Label: "Client description", Value: edit.Description, Most: 120,
				Hint: "What this client is, for you and your colleagues: “web app, production”. Subscribers do not see it."}},
			{Field: page.Field{Name: "redirect_uris", Label: "Login redirect URIs", Value: uris(edit.RedirectURIs), Lines: 3,
				Check: checkRedirectURIs,
				Hint:  "Where the browser comes back to your app after signing in. One address a line, character for character as your app sends it as redirect_uri."}},
			{Field: page.Field{Name: "post_revoke_redirect_uris", Label: "Post revoke consent redirect URIs", Value: uris(edit.PostRevokeRedirectURIs),
				Lines: 2, Optional: true, Check: checkRedirectURIs,
				Hint: "Where the browser comes back to your app after a person removed your product by a link of yours. One address a line."}},
		},
		Auth: Choice{Name: "auth_method", Label: "Authentication at the token endpoint", Value: string(edit.AuthMethod), Options: []Option{
			{string(dialtone.AuthBasic), "HTTP Basic (client_secret_basic)"}, {string(dialtone.AuthPost), "In the form (client_secret_post)"},
		}, Hint: "How your app sends its secret. Most libraries use HTTP Basic."},
		Signing: Choice{Name: "id_token_algorithm", Label: "ID token algorithm", Value: edit.IDTokenAlgorithm, Options: algorithms(),
			Hint: "How ID tokens are signed. Every library knows RS256."},
		Logout: Entries{{Field: page.Field{Name: "post_logout_redirect_uris", Label: "Post-logout redirect URIs",
			Value: uris(edit.PostLogoutRedirectURIs), Lines: 2, Optional: true, Check: checkRedirectURIs,
			Hint: "Where the browser comes back to your app after signing out. One address a line."}}},
	}
}

func algorithms() []Option {
	var options []Option
	for _, name := range dialtone.IDTokenAlgorithms {
		options = append(options, Option{name, name})
	}
	return options
}

// withSecret adds what a new client's first secret is called and how long it lasts.
func (f *ClientForm) withSecret(name, lastDay string) *ClientForm {
	f.Secret = secretFields("secret_name", "secret_expires", name, lastDay)
	f.Secret[0].Optional = true
	return f
}

func secretFields(nameField, dayField, name, lastDay string) Entries {
	return Entries{
		{Field: page.Field{Name: nameField, Label: "Name of the secret", Value: name, Most: 60,
			Hint: "Where it will be used: “production server”."}},
		{Field: page.Field{Name: dayField, Label: "Last day of the secret", Value: lastDay, Type: "date", Optional: true,
			Hint: "Until the end of that day, UTC. Empty: it does not expire."}},
	}
}

// parseDay reads the last day on which a secret counts and returns the moment after it; zero if the field is empty. Error:
// dialtone.FieldErrors on the field.
func parseDay(field, text string) (time.Time, error) {
	if strings.TrimSpace(text) == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(text))
	if err != nil {
		return time.Time{}, dialtone.FieldErrors{{Field: field, Problem: "Write the day as year-month-day, as 2030-12-31, or leave it empty."}}
	}
	return day.AddDate(0, 0, 1), nil
}

// clientEdit reads a posted form. The day of the first secret is not in it: parseDay.
func clientEdit(r *http.Request) catalog.ClientEdit {
	form := r.PostForm
	return catalog.ClientEdit{
		Description: form.Get("description"), Type: dialtone.ClientType(form.Get("type")),
		AuthMethod:   dialtone.AuthMethod(form.Get("auth_method")),
		RedirectURIs: linesOf(form.Get("redirect_uris")), PostRevokeRedirectURIs: linesOf(form.Get("post_revoke_redirect_uris")),
		PostLogoutRedirectURIs: linesOf(form.Get("post_logout_redirect_uris")), IDTokenAlgorithm: form.Get("id_token_algorithm"),
		SecretName: form.Get("secret_name"),
	}
}

// clientEditOf is what the form shows of a client.
func clientEditOf(c dialtone.Client) catalog.ClientEdit {
	return catalog.ClientEdit{
		Description: c.Description, Type: c.Type, AuthMethod: c.AuthMethod, RedirectURIs: c.RedirectURIs,
		PostRevokeRedirectURIs: c.PostRevokeRedirectURIs, PostLogoutRedirectURIs: c.PostLogoutRedirectURIs,
		IDTokenAlgorithm: c.IDTokenAlgorithm,
	}
}

// refuse puts each problem to its field and returns those that belong to none.
func (f *ClientForm) refuse(wrong dialtone.FieldErrors) string {
	rest := wrong
	for _, choice := range []*Choice{&f.Auth, &f.Signing} {
		field := Entries{{Field: page.Field{Name: choice.Name}}}
		rest = field.take(rest)
		choice.Problem = field[0].Problem
		f.Open = f.Open || choice.Problem != ""
	}
	for _, entries := range []Entries{f.Main, f.Logout, f.Secret} {
		rest = entries.take(rest)
	}
	for _, entry := range append(append(Entries{}, f.Logout...), f.Secret...) {
		f.Open = f.Open || entry.Problem != ""
	}
	return Entries(nil).refuse(rest)
}

// wrong are the ways to the fields that have a problem, in their order on the page.
func (f *ClientForm) wrong() []page.Link {
	choice := func(c Choice) Entries {
		return Entries{{Field: page.Field{Name: c.Name, Label: c.Label, Problem: c.Problem}}}
	}
	return slices.Concat(f.Main, choice(f.Auth), f.Secret, choice(f.Signing), f.Logout).wrong()
}

// meanwhile puts beside each field what somebody else saved, where that is something else.
func (f *ClientForm) meanwhile(saved *ClientForm) {
	f.Main.meanwhile(saved.Main)
	f.Logout.meanwhile(saved.Logout)
	f.Auth.meanwhile(saved.Auth)
	f.Signing.meanwhile(saved.Signing)
	f.Open = f.Open || f.Auth.Differs || f.Signing.Differs || f.Logout[0].Differs
}

func (c *Choice) meanwhile(saved Choice) {
	if c.Value != saved.Value {
		c.Differs, c.Meanwhile = true, saved.Value
	}
}

// readOnly shows the form to somebody who may not change it.
func (f *ClientForm) readOnly() {
	f.Main.readOnly()
	f.Logout.readOnly()
	f.Auth.Disabled, f.Signing.Disabled, f.Open = true, true, true
}
