package product

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// ClientForm is the form for a client: the fields that everybody fills in, and the rest behind "more options".
type ClientForm struct {
	Action string // where it is posted
	Once   string // desk.NewFormToken, of a form that makes a client
	Seen   int64  // of a form that changes one
	Type   dialtone.ClientType
	Open   bool    // show "more options" at once: something is wrong there
	Main   Entries // for everybody
	Keeper Entries // behind "more options", of clients that keep a secret
	More   Entries // behind "more options", of all clients
}

// setting is a field of the form: how one of dialtone.ClientSettings is asked for.
type setting struct {
	Entry
	place func(*ClientForm) *Entries // the part of the form that it belongs to
}

var (
	inMain   = func(f *ClientForm) *Entries { return &f.Main }
	inKeeper = func(f *ClientForm) *Entries { return &f.Keeper }
	inMore   = func(f *ClientForm) *Entries { return &f.More }
)

// settings are the fields of the form in their order on the page: one for each of dialtone.ClientSettings.
func settings() []setting {
	return []setting{
		{place: inMain, Entry: Entry{Field: desk.Field{Name: "description", Label: "Client description", Most: 120,
			Hint: "What this client is, for you and your colleagues: “web app, production”. Subscribers do not see it."}}},
		{place: inMain, Entry: Entry{Field: desk.Field{Name: "redirect_uris", Label: "Login redirect URIs", Lines: 3, Check: checkRedirectURIs, Verbatim: true,
			Hint: "Where the browser comes back to your app after signing in. One address a line, character for character as your app sends it as redirect_uri."}}},
		{place: inMain, Entry: Entry{Field: desk.Field{Name: "post_revoke_redirect_uris", Label: "Post revoke consent redirect URIs",
			Lines: 2, Optional: true, Check: checkRedirectURIs, Verbatim: true,
			Hint: "Where the browser comes back to your app after a person removed your product by a link of yours. One address a line."}}},
		{place: inKeeper, Entry: Entry{Field: desk.Field{Name: "auth_method", Label: "Authentication at the token endpoint",
			Hint: "How your app sends its secret. Most libraries use HTTP Basic."}, Options: []Option{
			{string(dialtone.AuthBasic), "HTTP Basic (client_secret_basic)"}, {string(dialtone.AuthPost), "In the form (client_secret_post)"},
		}}},
		{place: inMore, Entry: Entry{Field: desk.Field{Name: "id_token_algorithm", Label: "ID token algorithm",
			Hint: "How ID tokens are signed. Every library knows RS256."}, Options: algorithms()}},
		{place: inMore, Entry: Entry{Field: desk.Field{Name: "claims_in_id_token", Label: "Where the phone number is",
			Hint: "User info has the claims of the granted scopes in any case. Some libraries and proxies read the ID token only."}, Options: []Option{
			{"false", "In user info"}, {"true", "In user info and in the ID token"},
		}}},
		{place: inMore, Entry: Entry{Field: desk.Field{Name: "refresh_grace_seconds", Label: "Refresh grace, in seconds", Type: "number", Optional: true,
			Hint: fmt.Sprintf("How long a refresh token that was replaced still gets the same answer, for an app that lost it on the way; after that, its use ends the sign-in. 0 to %d. Empty: as usual, %.0f, or %.0f for a public client.",
				dialtone.MostRefreshGraceSeconds, dialtone.UsualRefreshGrace.Seconds(), dialtone.UsualRefreshGracePublic.Seconds())}}},
		{place: inMore, Entry: Entry{Field: desk.Field{Name: "post_logout_redirect_uris", Label: "Post-logout redirect URIs",
			Lines: 2, Optional: true, Check: checkRedirectURIs, Verbatim: true,
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

// New reports whether the form makes a client.
func (f *ClientForm) New() bool { return f.Once != "" }

// Public reports whether the client has no secret.
func (f *ClientForm) Public() bool { return f.Type == dialtone.ClientPublic }

// clientForm is the form with these texts in its fields, by name.
func clientForm(texts url.Values, kind dialtone.ClientType, action string) *ClientForm {
	form := &ClientForm{Action: action, Type: kind}
	for _, s := range settings() {
		s.Value = texts.Get(s.Name)
		part := s.place(form)
		*part = append(*part, s.Entry)
	}
	return form
}

// settingTexts are the settings as the fields of a form show them.
func settingTexts(settings dialtone.ClientSettings) url.Values {
	texts := make(url.Values)
	for _, s := range settings.Each() {
		texts.Set(s.Name, settingText(s))
	}
	return texts
}

func settingText(s dialtone.ClientSetting) string {
	switch at := s.At.(type) {
	case *string:
		return *at
	case *dialtone.AuthMethod:
		return string(*at)
	case *[]string:
		return strings.Join(*at, "\n")
	case **int:
		if *at == nil {
			return ""
		}
		return strconv.Itoa(**at)
	case *bool:
		return strconv.FormatBool(*at)
	}
	panic("product: no field shows the setting " + s.Name)
}

// readSettings puts what was posted into the settings. What the form does not have stays as it is: a page that was open while
// the server got a new version lacks what is new. Error: dialtone.FieldErrors.
func readSettings(form url.Values, settings *dialtone.ClientSettings) error {
	var wrong dialtone.FieldErrors
	for _, s := range settings.Each() {
		if !form.Has(s.Name) {
			continue
		}
		if problem := readSetting(form.Get(s.Name), s); problem != "" {
			wrong = append(wrong, dialtone.FieldError{Field: s.Name, Problem: problem})
		}
	}
	if wrong == nil {
		return nil
	}
	return wrong
}

// readSetting returns what is wrong with a text that is not of the setting's form at all.
func readSetting(text string, s dialtone.ClientSetting) (problem string) {
	switch at := s.At.(type) {
	case *string:
		*at = text
	case *dialtone.AuthMethod:
		*at = dialtone.AuthMethod(text)
	case *[]string:
		*at = linesOf(text)
	case **int:
		*at = nil
		if text = strings.TrimSpace(text); text == "" {
			return ""
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return "Write a whole number in digits, as 120."
		}
		*at = &n
	case *bool:
		var err error
		if *at, err = strconv.ParseBool(text); err != nil {
			return "Choose one of the values."
		}
	}
	return ""
}

// withSecret adds what a new client's first secret is called and how long it lasts.
func (f *ClientForm) withSecret(name, lastDay string) *ClientForm {
	fields := secretFields("secret_name", "secret_expires", name, lastDay)
	fields[0].Optional = true
	f.Keeper = append(f.Keeper, fields...)
	return f
}

func secretFields(nameField, dayField, name, lastDay string) Entries {
	return Entries{
		{Field: desk.Field{Name: nameField, Label: "Name of the secret", Value: name, Most: 60, Autocomplete: "off",
			Hint: "Where it will be used: “production server”."}},
		{Field: desk.Field{Name: dayField, Label: "Last day of the secret", Value: lastDay, Type: "date", Optional: true,
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

// newClientDefaults are what most clients want.
func newClientDefaults() catalog.ClientEdit {
	return catalog.ClientEdit{Type: dialtone.ClientConfidential, ClientSettings: dialtone.ClientSettings{
		AuthMethod: dialtone.AuthBasic, IDTokenAlgorithm: dialtone.IDTokenAlgorithms[0],
	}}
}

// newClientEdit reads the form for a new client; what it leaves out is as usual. Error: dialtone.FieldErrors.
func newClientEdit(form url.Values) (catalog.ClientEdit, error) {
	edit := newClientDefaults()
	wrong := readSettings(form, &edit.ClientSettings)
	edit.Type = cmp.Or(dialtone.ClientType(form.Get("type")), edit.Type)
	edit.SecretName = form.Get("secret_name")
	if edit.Type == dialtone.ClientPublic {
		edit.AuthMethod, edit.SecretName = dialtone.AuthNone, "" // the form shows both, whatever type is chosen
	}
	var dayWrong error
	edit.SecretExpires, dayWrong = parseDay("secret_expires", form.Get("secret_expires"))
	return edit, cmp.Or(wrong, dayWrong)
}

// parts are the parts of the form in their order on the page.
func (f *ClientForm) parts() []Entries { return []Entries{f.Main, f.Keeper, f.More} }

// hidden are the fields behind "more options".
func (f *ClientForm) hidden() Entries { return slices.Concat(f.Keeper, f.More) }

// refuse puts each problem to its field and returns those that belong to none.
func (f *ClientForm) refuse(wrong dialtone.FieldErrors) string {
	rest := wrong
	for _, entries := range f.parts() {
		rest = entries.take(rest)
	}
	f.Open = f.Open || len(f.hidden().wrong()) > 0
	return Entries(nil).refuse(rest)
}

// wrong are the ways to the fields that have a problem, in their order on the page.
func (f *ClientForm) wrong() []desk.Link { return slices.Concat(f.parts()...).wrong() }

// meanwhile puts beside each field what somebody else saved, where that is something else.
func (f *ClientForm) meanwhile(saved *ClientForm) {
	for i, entries := range f.parts() {
		entries.meanwhile(saved.parts()[i])
	}
	f.Open = f.Open || f.hidden().differ()
}

// readOnly shows the form to somebody who may not change it.
func (f *ClientForm) readOnly() {
	for _, entries := range f.parts() {
		entries.readOnly()
	}
	f.Open = true
}
