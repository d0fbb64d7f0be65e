package organization

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Settings are the organization's name and its own sign-in.
type Settings struct {
	desk.Shell
	ID         string
	Address    string // of this page
	Name       desk.Field
	MayRename  bool
	MayCompany bool
	Company    CompanyForm
}

var settingsNotices = map[string]string{
	"saved":   "Saved.",
	"company": "The company sign-in is saved. Try it in a private window before you hand out the link.",
	"removed": "The company sign-in is removed, and everybody who came through it is signed out.",
}

// ShowSettings shows the organization's name and its own sign-in.
func (m *Room) ShowSettings(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	p, err := m.settingsPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p.Notice = settingsNotices[r.URL.Query().Get("done")]
	m.pages.Render(w, v, http.StatusOK, p)
}

func (m *Room) settingsPage(r *http.Request, v desk.Visit) (*Settings, error) {
	h, err := m.house(r, v)
	if err != nil {
		return nil, err
	}
	p := &Settings{
		Shell: h.shell(tabSettings), ID: h.Organization.ID, Address: h.address + "/settings",
		Name: desk.Field{
			Name: "name", Label: "Name", Value: h.Organization.Name, Most: 80, Autocomplete: "organization",
			Hint: "Subscribers read it when they sign in to your products.",
		},
		MayRename: h.may(catalog.WriteOrganization), MayCompany: h.may(catalog.WriteCompany),
	}
	if !p.MayCompany {
		return p, nil
	}
	set, err := m.Catalog.CompanySignIn(r.Context(), v.Actor, h.Organization.ID)
	if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
		return nil, err
	}
	p.Company = m.companyForm(h.Organization.ID, p.Address, set)
	return p, nil
}

// Rename changes the organization's name.
func (m *Room) Rename(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	organizationID, name := r.PathValue("organization"), r.PostForm.Get("name")
	err := m.Catalog.RenameOrganization(r.Context(), v.Actor, organizationID, name, v.Now)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case err == nil:
		desk.See(w, "/organizations/"+organizationID+"/settings?done=saved")
	case isField:
		p, err := m.settingsPage(r, v)
		if err != nil {
			m.Fail(w, r, v, err)
			return
		}
		p.Name.Value, p.Name.Problem = name, wrong.Of("name")
		p.Wrong = desk.Wrong(p.Name)
		m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
	default:
		m.Fail(w, r, v, err)
	}
}
