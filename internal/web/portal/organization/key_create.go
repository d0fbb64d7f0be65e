package organization

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// NewKey is the form for an API key.
type NewKey struct {
	desk.Shell
	Once           string // makes the form work once
	Address        string // of this page
	Back           string
	Name           desk.Field
	Groups         []rightGroup
	RightsProblem  string
	Expiries       []choice
	ExpiresProblem string
}

// rightGroup holds the rights about one kind of thing.
type rightGroup struct {
	Name   string // "products"
	Rights []choice
}

// NewKeyShown shows a new key, which exists in this answer only.
type NewKeyShown struct {
	desk.Shell
	Key    dialtone.APIKey
	Secret string
	Back   string
}

// ShowNewKey asks for the name, rights and end of a new API key.
func (m *Room) ShowNewKey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	h, err := m.house(r, v)
	if err == nil && !h.may(catalog.WriteKeys) {
		err = dialtone.ErrForbidden
	}
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, newKeyPage(h, v.Now, "", nil, "365"))
}

func newKeyPage(h house, now time.Time, name string, rights []string, days string) *NewKey {
	p := &NewKey{
		Shell: h.inside("New API key", tabKeys, "API keys"), Once: desk.NewFormToken(now), Address: h.address + "/keys/new", Back: h.address + "/keys",
		Name: desk.Field{
			Name: "name", Label: "Name", Value: name, Most: 80, Autocomplete: "off", Focus: true,
			Hint: "What uses it: “Deploy pipeline”.",
		},
		Expiries: []choice{
			{Value: "30", Words: "In 30 days"}, {Value: "90", Words: "In 90 days"}, {Value: "365", Words: "In a year"}, {Value: "", Words: "Never"},
		},
	}
	for i := range p.Expiries {
		p.Expiries[i].Chosen = p.Expiries[i].Value == days
	}
	for _, permission := range catalog.Permissions() {
		if !permission.ForKeys {
			continue
		}
		kind, _, _ := strings.Cut(string(permission.Action), ":")
		if last := len(p.Groups) - 1; last < 0 || p.Groups[last].Name != kind {
			p.Groups = append(p.Groups, rightGroup{Name: kind})
		}
		group := &p.Groups[len(p.Groups)-1]
		right := string(permission.Action)
		group.Rights = append(group.Rights, choice{Value: right, Words: permission.Words, Hint: right, Chosen: slices.Contains(rights, right)})
	}
	return p
}

// CreateKey makes an API key and shows it, once.
func (m *Room) CreateKey(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	h, err := m.house(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	name, rights, days := r.PostForm.Get("name"), r.PostForm["rights"], r.PostForm.Get("expires")
	p := newKeyPage(h, v.Now, name, rights, days)
	edit := catalog.APIKeyEdit{Name: name, Rights: rights}
	if days != "" {
		count, err := strconv.Atoi(days)
		if err != nil {
			p.ExpiresProblem = "Choose one of these."
			p.Wrong = desk.Wrong(desk.Field{Name: "expires", Label: "Ends", Problem: p.ExpiresProblem})
			m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
			return
		}
		edit.Expires = v.Now.AddDate(0, 0, count)
	}
	if err := desk.SpendFormToken(m.Store, r, v); err != nil {
		m.refuseKey(w, r, v, p, err)
		return
	}
	key, text, err := m.Catalog.CreateAPIKey(r.Context(), v.Actor, h.Organization.ID, edit, v.Now)
	if err != nil {
		m.refuseKey(w, r, v, p, err)
		return
	}
	m.pages.Render(w, v, http.StatusOK, &NewKeyShown{
		Shell: h.inside("Copy your new API key", tabKeys, "API keys"), Key: key, Secret: text.Reveal(), Back: h.address + "/keys",
	})
}

func (m *Room) refuseKey(w http.ResponseWriter, r *http.Request, v desk.Visit, p *NewKey, err error) {
	status := http.StatusUnprocessableEntity
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case isField:
		p.Name.Problem, p.RightsProblem, p.ExpiresProblem = wrong.Of("name"), wrong.Of("rights"), wrong.Of("expires")
		p.Wrong = desk.Wrong(p.Name, desk.Field{Name: "rights-problem", Label: "Rights", Problem: p.RightsProblem},
			desk.Field{Name: "expires", Label: "Ends", Problem: p.ExpiresProblem})
		if len(p.Wrong) == 0 {
			p.Problem = wrong[0].Problem
		}
	case errors.Is(err, dialtone.ErrExpired):
		p.Problem = "This form was open too long. Check it and send it again."
	case errors.Is(err, dialtone.ErrConflict):
		p.Problem = "This form made a key already, which was shown then. If you did not copy it, revoke it and make another one here."
		status = http.StatusConflict
	default:
		m.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, status, p)
}
