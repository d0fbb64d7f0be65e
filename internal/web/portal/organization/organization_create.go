package organization

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// NewOrganization is the form for a new organization.
type NewOrganization struct {
	desk.Shell
	Name desk.Field
}

// ShowNew asks for the name of a new organization.
func (m *Room) ShowNew(w http.ResponseWriter, _ *http.Request, v desk.Visit) {
	m.pages.Render(w, v, http.StatusOK, newOrganizationPage(""))
}

func newOrganizationPage(name string) *NewOrganization {
	return &NewOrganization{
		Shell: desk.Shell{Title: "Create your organization"},
		Name: desk.Field{
			Name: "name", Label: "Name", Value: name, Most: 80, Autocomplete: "organization", Focus: true,
			Hint: "Your company's name, or your own. Subscribers read it when they sign in to your products.",
		},
	}
}

// Create makes an organization whose owner is who asks.
func (m *Room) Create(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	name := r.PostForm.Get("name")
	organization, err := m.Catalog.CreateOrganization(r.Context(), v.Actor, name, v.Now)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case err == nil:
		desk.See(w, "/organizations/"+organization.ID+"?done=created")
	case isField:
		p := newOrganizationPage(name)
		p.Name.Problem = wrong.Of("name")
		m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
	default:
		m.Fail(w, r, v, err)
	}
}
