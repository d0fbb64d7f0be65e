package account

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Company asks through which organization to sign in.
type Company struct {
	desk.Shell
	Organization desk.Field
	To           string
}

// ShowCompany asks for the organization's id.
func (m *Room) ShowCompany(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	m.pages.Render(w, v, http.StatusOK, companyPage("", desk.Inside(r.URL.Query().Get("to"))))
}

func companyPage(organizationID, to string) *Company {
	return &Company{
		// The form leads on to the company's provider.
		Shell: desk.Shell{Title: "Sign in with your company", Narrow: true, Forms: web.FormsLeave},
		Organization: desk.Field{
			Name: "organization", Label: "Organization id", Value: organizationID, Most: 64, Focus: true,
			Hint: "It begins with org_ and stands in the settings of your organization.",
		},
		To: to,
	}
}

// FindCompany takes the organization's id and goes on to its provider.
func (m *Room) FindCompany(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	id, to := strings.TrimSpace(r.PostForm.Get("organization")), desk.Inside(r.PostForm.Get("to"))
	m.goToCompany(w, r, v, companyPage(id, to))
}

// AskCompany asks before it goes on to the provider of the organization in the address, which its members may keep as a bookmark.
// Anybody can make an organization and have this address opened: without a click it would lead to wherever the provider is said to
// be, in our name, and sign the reader in as somebody of that organization in the place of who they are (RFC 9700 §4.11).
func (m *Room) AskCompany(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	m.pages.Render(w, v, http.StatusOK, companyPage(r.PathValue("organization"), desk.Inside(r.URL.Query().Get("to"))))
}

// goToCompany sends the browser to the provider of the organization that the page names, or shows the page with the reason.
func (m *Room) goToCompany(w http.ResponseWriter, r *http.Request, v desk.Visit, p *Company) {
	address, state, err := m.Companies.Begin(r.Context(), p.Organization.Value, m.browser(w, r), v.Now)
	refused, isRefused := errors.AsType[*company.Error](err)
	switch {
	case err == nil:
		m.Cookies.Set(w, m.Face.Cookie(companyCookie), m.seal(atCompany{Kind: kindCompany, State: state, To: p.To}), companyLifetime)
		desk.See(w, address)
	case isRefused && refused.Problem == company.ProblemProviderAway:
		w.Header().Set("Retry-After", "30")
		// A warning: anybody can register a broken provider and ask it, without being signed in.
		p.Problem = providerAway + " Error id: " + m.Note(r, slog.LevelWarn, err)
		m.pages.Render(w, v, statusCompanyAway, p)
	case isRefused:
		// An organization that does not exist and one without a provider get the same answer.
		p.Organization.Problem = "No organization with this id signs in through its own provider. Check the id, or sign in by e-mail."
		m.pages.Render(w, v, http.StatusUnprocessableEntity, p)
	default:
		m.Fail(w, r, v, err)
	}
}

// statusCompanyAway is of the class of what the caller brings about: anybody can make an organization with a broken provider, and
// with 5xx could have monitors and balancers take this node for broken. RFC 4918 §11.4: what the answer depends on has failed.
const statusCompanyAway = http.StatusFailedDependency

const providerAway = "Your company's provider does not answer. Try again in a minute, or sign in by e-mail."

// CompanyRefused says why a sign-in through a company led nowhere.
type CompanyRefused struct {
	desk.Shell
	Why     string
	Code    string // the provider's own word for it
	ErrorID string // empty: the log has nothing to tell
	Again   string // the address that begins anew
}

// FinishCompany takes the browser back from the provider.
func (m *Room) FinishCompany(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	var away atCompany
	err := m.open(m.Cookies.Get(r, m.Face.Cookie(companyCookie)), &away)
	m.Cookies.Clear(w, m.Face.Cookie(companyCookie))
	if err != nil || away.Kind != kindCompany {
		m.refuseCompany(w, r, v, "/", &company.Error{Problem: company.ProblemExpired})
		return
	}
	in, err := m.Companies.Finish(r.Context(), company.Back{
		State: away.State, BrowserID: m.Cookies.Get(r, m.Face.Cookie(browserCookie)), Query: r.URL.Query(), Agent: r.UserAgent(),
	}, v.Now)
	if err == nil {
		err = m.enter(w, r, v, in)
	}
	if err != nil {
		m.refuseCompany(w, r, v, away.To, err)
		return
	}
	desk.See(w, desk.Inside(away.To))
}

// refusals say what went wrong at the company, and what to do.
var refusals = map[company.Problem]string{
	company.ProblemNotSetUp:     "Your organization does not sign in through its own provider any more, or the provider does not know it. Sign in by e-mail, or ask an owner.",
	company.ProblemProviderAway: providerAway,
	company.ProblemRefused:      "Your company's provider did not sign you in. Begin again, or ask who looks after the provider.",
	company.ProblemNotInvited:   "Your company knows you, but you are not a member of its organization here. Ask an owner of the organization to invite you.",
	company.ProblemExpired:      "This sign-in took too long, or was finished already. Begin again.",
	company.ProblemOtherBrowser: "This sign-in began in another browser. Begin again in this one.",
	company.ProblemMismatch:     "What your company's provider answered is not what was asked for. Begin again; if it happens once more, show the error id to who looks after the provider.",
}

func (m *Room) refuseCompany(w http.ResponseWriter, r *http.Request, v desk.Visit, to string, err error) {
	refused, isRefused := errors.AsType[*company.Error](err)
	if !isRefused {
		m.Fail(w, r, v, err)
		return
	}
	status := http.StatusForbidden
	if refused.Problem == company.ProblemProviderAway {
		w.Header().Set("Retry-After", "30")
		status = statusCompanyAway
	}
	shown := &CompanyRefused{
		Shell: desk.Shell{Title: "You are not signed in", Narrow: true}, Why: refusals[refused.Problem], Code: refused.Code,
		Again: "/signin?to=" + url.QueryEscape(desk.Inside(to)),
	}
	if refused.Problem != company.ProblemExpired { // which anybody brings about with an old address: nothing to look up
		shown.ErrorID = m.Note(r, slog.LevelWarn, err)
	}
	m.pages.Render(w, v, status, shown)
}
