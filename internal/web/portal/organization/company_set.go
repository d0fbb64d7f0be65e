package organization

import (
	"errors"
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// CompanyForm is the organization's own OpenID Connect provider.
type CompanyForm struct {
	Address       string // that takes the form
	Set           bool   // there is one
	Issuer        desk.Field
	ClientID      desk.Field
	Secret        desk.Field
	JoinAs        []choice
	JoinAsProblem string
	RedirectURI   string // to register at the provider
	SignIn        string // the link to hand out
}

func (m *Room) companyForm(organizationID, settings string, set dialtone.CompanySignIn) CompanyForm {
	f := CompanyForm{
		Address: settings + "/company", Set: set.Issuer != "",
		Issuer: desk.Field{
			Name: "issuer", Label: "Issuer", Type: "url", Value: set.Issuer, Most: 2048, Autocomplete: "off",
			Hint: "As the provider's metadata says it, for instance https://login.example.com.",
		},
		ClientID: desk.Field{Name: "client_id", Label: "Client id", Value: set.ClientID, Most: 255, Autocomplete: "off"},
		Secret: desk.Field{
			Name: "client_secret", Label: "Client secret", Secret: true, Most: 1024, Optional: true,
			Hint: "Leave it empty for a public client.",
		},
		RedirectURI: m.Origin + company.Callback, SignIn: m.Origin + "/signin/company/" + organizationID,
	}
	if set.SealedSecret != "" {
		f.Secret.Hint = "One is kept. Leave this empty to keep it."
	}
	f.choose(set.JoinAs)
	return f
}

func (f *CompanyForm) choose(joinAs dialtone.Role) {
	f.JoinAs = []choice{{Value: "", Words: "Nobody", Chosen: joinAs == ""}}
	for _, role := range []dialtone.Role{dialtone.RoleViewer, dialtone.RoleDeveloper} {
		f.JoinAs = append(f.JoinAs, choice{Value: string(role), Words: "Everybody whom the provider signs in, as " + string(role), Chosen: role == joinAs})
	}
}

// SetCompany keeps the organization's own provider.
func (m *Room) SetCompany(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	organizationID := r.PathValue("organization")
	edit := catalog.CompanyEdit{
		Issuer: strings.TrimSpace(r.PostForm.Get("issuer")), ClientID: strings.TrimSpace(r.PostForm.Get("client_id")),
		JoinAs: dialtone.Role(r.PostForm.Get("join_as")),
	}
	if text := secret.Text(r.PostForm.Get("client_secret")); text != "" {
		at := company.Registration{Owner: organizationID, Issuer: edit.Issuer, ClientID: edit.ClientID}
		edit.SealedSecret = m.Secrets.Seal(at, text)
	}
	err := m.Catalog.SetCompanySignIn(r.Context(), v.Actor, organizationID, edit, v.Now)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case err == nil:
		desk.See(w, "/organizations/"+organizationID+"/settings?done=company")
	case isField:
		p, err := m.settingsPage(r, v)
		if err != nil {
			m.Fail(w, r, v, err)
			return
		}
		f := &p.Company
		f.Issuer.Value, f.ClientID.Value = edit.Issuer, edit.ClientID // the secret is typed again: it never goes back
		f.Issuer.Problem, f.ClientID.Problem = wrong.Of("issuer"), wrong.Of("client_id")
		f.Secret.Problem, f.JoinAsProblem = wrong.Of("client_secret"), wrong.Of("join_as")
		p.Wrong = desk.Wrong(f.Issuer, f.ClientID, f.Secret, desk.Field{Name: "join_as", Label: "Who joins without an invitation", Problem: f.JoinAsProblem})
		f.choose(edit.JoinAs)
		m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
	default:
		m.Fail(w, r, v, err)
	}
}

// RemoveCompany takes the organization's own provider away. Whoever came through it is signed out.
func (m *Room) RemoveCompany(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	organizationID := r.PathValue("organization")
	if err := m.Catalog.RemoveCompanySignIn(r.Context(), v.Actor, organizationID, v.Now); err != nil {
		m.Fail(w, r, v, err)
		return
	}
	desk.See(w, "/organizations/"+organizationID+"/settings?done=removed")
}
