package portal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestProductsAreSearchedAndTurned(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browser()
	organization := b.organization(ada, "Analytical Engines")
	actor := dialtone.Actor{AccountID: s.account(ada), Name: ada}
	for i := range 60 {
		name := fmt.Sprintf("Product %02d", i)
		_, err := s.catalog.CreateProduct(t.Context(), actor, strings.TrimPrefix(organization, "/organizations/"), catalog.ProductEdit{Name: name}, s.now.Add(time.Duration(i)*time.Second))
		must(t, err)
	}
	first := b.get(organization).want(http.StatusOK, "Product 59", "Product 35", "New product").without("Product 34")
	second := b.get(first.link("Older")).want(http.StatusOK, "Product 34", "Product 10", "Newest").without("Product 35")
	b.get(second.link("Older")).want(http.StatusOK, "Product 09", "Product 00").without("Older")
	b.get(organization+"?q=duct+07").want(http.StatusOK, "Product 07").without("Product 08")
	b.get(organization+"?q=nothing+like+it").want(http.StatusOK, "No product has “nothing like it” in its name.")
	b.get(organization+"?q="+strings.Repeat("x", 81)).want(http.StatusUnprocessableEntity, "at most 80 characters")
	b.get(organization + "?after=product_unknown").want(http.StatusNotFound)
}

// Every address of an organization, tried by who is no member, by a viewer and by nobody.
func TestWhoMayNotIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	viewer := owner.join(organization, "viewer@example.com", dialtone.RoleViewer)
	stranger := s.browser()
	stranger.organization("stranger@example.com", "Elsewhere")
	nobody := s.browser()
	owned := organization + "/members/" + s.account(ada)

	for _, path := range []string{
		"/members/" + s.account(ada) + "/role", "/members/" + s.account(ada) + "/remove", "/members/transfer", "/members/invite",
		"/invitations/invitation_x/withdraw", "/keys/new", "/keys/key_x/revoke", "/settings", "/settings/company", "/settings/company/remove",
	} {
		fields := []string{"name", "Taken", "role", "owner", "email", grace, "account", s.account(ada), "issuer", "https://id.example.com", "client_id", "x",
			"rights", "products:read", "once", fmt.Sprintf("%d.form", s.now.UnixMicro())}
		viewer.post(organization+path, fields...).want(http.StatusForbidden, "You may not do this", "Your role here is viewer")
		stranger.post(organization+path, fields...).want(http.StatusNotFound, "This page does not exist")
		nobody.post(organization+path, fields...).want(http.StatusOK, "Send me a code")
	}
	for _, path := range []string{"", "/members", "/members/invite", "/members/transfer", "/keys", "/keys/new", "/activity", "/settings"} {
		stranger.get(organization+path).want(http.StatusNotFound, "This page does not exist")
		if asked := nobody.get(organization+path).want(http.StatusOK, "Send me a code"); asked.value("to") != organization+path {
			t.Errorf("%s: comes back to %s", path, asked.value("to"))
		}
	}
	for _, path := range []string{"/keys", "/keys/new", "/activity", "/members/invite", "/members/transfer"} {
		viewer.get(organization+path).want(http.StatusForbidden, "You may not do this")
	}
	viewer.get(organization+"/members").want(http.StatusOK, "viewer", "Leave this organization").without("Remove from")
	viewer.get(organization+"/settings").want(http.StatusOK, "Only an owner changes the settings.")
	viewer.get(organization).want(http.StatusOK, "There is no product yet").without("API keys")
	owner.get(organization).want(http.StatusOK, "Analytical Engines")
	owner.post(owned+"/role", "role", "owner").want(http.StatusOK, "owner")
}

func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	other := owner.join(organization, grace, dialtone.RoleDeveloper)
	self, member := organization+"/members/"+s.account(ada), organization+"/members/"+s.account(grace)

	owner.post(self+"/remove").want(http.StatusConflict, "keeps at least one owner")
	owner.post(self+"/role", "role", "viewer").want(http.StatusConflict, "keeps at least one owner")
	owner.post(member+"/role", "role", "king").want(http.StatusUnprocessableEntity, "Choose owner, developer or viewer.")
	owner.post(organization + "/members/acc_unknown/remove").want(http.StatusNotFound)

	owner.post(organization+"/members/transfer", "account", "").want(http.StatusUnprocessableEntity, "Choose another member")
	owner.get(organization+"/members/transfer").want(http.StatusOK, "You stay as a developer", grace)
	owner.post(organization+"/members/transfer", "account", s.account(grace)).want(http.StatusOK, "The organization is handed over.")
	owner.post(member+"/remove").want(http.StatusForbidden, "Your role here is developer")
	other.post(self+"/role", "role", "viewer").want(http.StatusOK, "The role is changed.")
	owner.post(self+"/remove").want(http.StatusOK, "Create your organization") // left, and in none
	other.get(organization+"/members").want(http.StatusOK, grace).without(ada + ", member")
}

func TestAnInvitationWorksOnceForWhoWasInvited(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	link := owner.invite(organization, grace, dialtone.RoleDeveloper)

	mailed := s.mail.List()[0]
	if mailed.To != grace || !strings.Contains(mailed.Text, s.server.URL+link+"\n") || !strings.Contains(mailed.Subject, "Analytical Engines") {
		t.Errorf("mailed %+v", mailed)
	}
	owner.get(link).want(http.StatusOK, "This invitation is for "+grace, "you are signed in as "+ada)
	owner.post(link).want(http.StatusForbidden, "This invitation is for "+grace)

	invited := s.browser()
	shown := invited.get(link).want(http.StatusOK, "Join Analytical Engines", ada+" invites "+grace, "Sign in to accept")
	asked := invited.get(shown.link("Sign in to accept"))
	if asked.value("email") != grace {
		t.Errorf("the sign-in page holds %q, want the address that was invited", asked.value("email"))
	}
	sent := invited.post("/signin", "email", grace, "to", asked.value("to"))
	back := invited.post("/signin/code", "r", sent.value("r"), "code", s.code(grace)).want(http.StatusOK, "Join Analytical Engines")
	if back.path != link {
		t.Errorf("came back to %s", back.path)
	}
	invited.post(link).want(http.StatusOK, "Welcome. You are a member now.", "Analytical Engines")

	invited.post(link).want(http.StatusConflict, "You have accepted this invitation already", "Go to Analytical Engines")
	invited.get(link).want(http.StatusConflict, "You have accepted this invitation already")
	s.browser().get(link).want(http.StatusConflict, "This invitation was used already")
	owner.get(organization+"/members").want(http.StatusOK, grace, "accepted")
	owner.post(organization+"/members/invite", "email", grace, "role", "viewer").want(http.StatusUnprocessableEntity, "This person is a member already.")
}

func TestSigningOutOfTheWrongAccountComesBackToTheInvitation(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	link := owner.invite(owner.organization(ada, "Analytical Engines"), grace, dialtone.RoleViewer)
	wrong := owner.get(link)
	if back := owner.post("/signout", "to", wrong.value("to")).want(http.StatusOK, "Sign in to accept"); back.path != link {
		t.Errorf("came back to %s", back.path)
	}
}

func TestInvitationsThatDoNotOpen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	invited := s.browser()
	invited.signIn(grace)

	replaced := owner.invite(organization, grace, dialtone.RoleViewer)
	withdrawn := owner.invite(organization, grace, dialtone.RoleViewer)
	page := owner.get(organization + "/members")
	address := regexp.MustCompile(`/organizations/\w+/invitations/\w+/withdraw`).FindString(page.body)
	owner.post(address).want(http.StatusOK, "The invitation is withdrawn")
	owner.post(address).want(http.StatusNotFound)
	forged := withdrawn[:len(withdrawn)-1] + "_"
	for _, link := range []string{replaced, withdrawn, forged, "/invitations/x", "/invitations/" + url.PathEscape("a.b?c=d")} {
		invited.get(link).want(http.StatusNotFound, "This invitation was withdrawn")
		invited.post(link).want(http.StatusNotFound, "This invitation was withdrawn")
	}

	old := owner.invite(organization, grace, dialtone.RoleViewer)
	for range 2 { // nobody is idle for so long that the session ends
		s.later(4 * 24 * time.Hour)
		invited.get("/").want(http.StatusOK)
		owner.get("/").want(http.StatusOK)
	}
	invited.get(old).want(http.StatusGone, "too old", "Ask "+ada)
	invited.post(old).want(http.StatusGone, "too old")
	owner.get(organization+"/members").want(http.StatusOK, "expired")
}

func TestAnInvitationStandsWhenTheMailServerIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	s.mail.goAway(true)
	shown := owner.post(organization+"/members/invite", "email", grace, "role", "developer").
		want(http.StatusOK, "The invitation stands, but we cannot send mail at the moment.", "Error id: er_")
	link := strings.TrimPrefix(shown.text("link"), s.server.URL)
	s.mail.goAway(false)
	invited := s.browser()
	invited.signIn(grace)
	invited.post(link).want(http.StatusOK, "Welcome")
}

func TestAnInviteFormThatIsWrongKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	organization := b.organization(ada, "Analytical Engines")
	refused := b.post(organization+"/members/invite", "email", "grace", "role", "king").
		want(http.StatusUnprocessableEntity, "Write an e-mail address", "Choose owner, developer or viewer.")
	if refused.value("email") != "grace" {
		t.Errorf("the field holds %q", refused.value("email"))
	}
}

func TestAnAPIKeyIsShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browser()
	organization := b.organization(ada, "Analytical Engines")
	b.get(organization+"/keys").want(http.StatusOK, "No API keys")
	form := b.get(organization+"/keys/new").want(http.StatusOK, "products:read").without("keys:write")
	refused := b.post(organization+"/keys/new", "once", form.value("once"), "name", "").
		want(http.StatusUnprocessableEntity, "Not saved: 2 fields need a change: Name , Rights", "Choose at least one right")
	fields := []string{"once", refused.value("once"), "name", "Pipeline", "rights", "products:read", "rights", "clients:write", "expires", "30"}
	made := b.post(organization+"/keys/new", fields...).want(http.StatusOK, "Copy your new API key", "clients:write, products:read")
	actor, err := s.catalog.AuthenticateAPIKey(t.Context(), made.text("key"), s.now)
	if err != nil || actor.Name != "Pipeline" {
		t.Fatalf("the key is %+v, %v", actor, err)
	}
	b.post(organization+"/keys/new", fields...).want(http.StatusConflict, "made a key already").without(made.text("key"))
	b.post(organization+"/keys/new", "once", b.get(organization+"/keys/new").value("once"), "name", "x", "rights", "keys:write").
		want(http.StatusUnprocessableEntity, "a key cannot have the right")
	b.post(organization+"/keys/new", "once", "forged", "name", "x", "rights", "products:read").want(http.StatusBadRequest)

	listed := b.get(organization+"/keys").want(http.StatusOK, "Pipeline", "live", "never used").without(made.text("key"))
	revoke := regexp.MustCompile(`/organizations/\w+/keys/\w+/revoke`).FindString(listed.body)
	b.post(revoke).want(http.StatusOK, "The key is revoked", "revoked").without("Revoke “Pipeline”")
	if _, err := s.catalog.AuthenticateAPIKey(t.Context(), made.text("key"), s.now); err == nil {
		t.Error("the revoked key is accepted")
	}
}

func TestWhatARemovedMemberLeavesBehindIsNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	other := owner.join(organization, grace, dialtone.RoleOwner)
	for _, name := range []string{"Pipeline", "Backup"} {
		s.later(time.Second) // the newest is listed first
		form := other.get(organization + "/keys/new")
		other.post(organization+"/keys/new", "once", form.value("once"), "name", name, "rights", "members:write").want(http.StatusOK, "Copy your new API key")
	}
	s.later(time.Second)
	form := owner.get(organization + "/keys/new")
	owner.post(organization+"/keys/new", "once", form.value("once"), "name", "Mine", "rights", "members:write")
	revoke := regexp.MustCompile(`/organizations/\w+/keys/\w+/revoke`).FindAllString(owner.get(organization+"/keys").body, -1)[1]
	owner.post(revoke).want(http.StatusOK, "The key is revoked")
	link := other.invite(organization, "second@example.com", dialtone.RoleOwner)

	page := owner.post(organization+"/members/"+s.account(grace)+"/remove").
		want(http.StatusOK, "The member is removed", "API keys that this person made still work: “Pipeline”.").without("Backup").without("Mine")
	if address := page.link("Revoke them under API keys"); address != organization+"/keys" {
		t.Errorf("the link leads to %s", address)
	}
	s.browser().get(link).want(http.StatusNotFound, "was withdrawn")

	another := owner.join(organization, "viewer@example.com", dialtone.RoleViewer)
	another.get(organization+"/members?account="+s.account(grace)).want(http.StatusOK, "viewer").without("Pipeline")
	owner.post(organization+"/members/"+s.account("viewer@example.com")+"/remove").want(http.StatusOK, "The member is removed").without("still work")
}

func TestTheLogIsTurned(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browser()
	organization := b.organization(ada, "Analytical Engines")
	for i := range 60 {
		s.later(time.Second)
		must(t, s.catalog.RenameOrganization(t.Context(), dialtone.Actor{AccountID: s.account(ada), Name: ada},
			strings.TrimPrefix(organization, "/organizations/"), fmt.Sprintf("Name %02d", i), s.clock()))
	}
	first := b.get(organization+"/activity").want(http.StatusOK, "Name 59", "Name 10", "renamed the organization organization.rename").without("Name 09")
	b.get(first.link("Older")).want(http.StatusOK, "Name 09", "organization.create", "Newest").without("Name 10")
	b.get(organization + "/activity?before=yesterday").want(http.StatusBadRequest)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browser()
	organization := b.organization(ada, "Analytical Engines")
	b.post(organization+"/settings", "name", "Difference Engines").want(http.StatusOK, "Saved.", "Difference Engines")
	refused := b.post(organization+"/settings", "name", strings.Repeat("x", 81)).want(http.StatusUnprocessableEntity, "at most 80 characters")
	if len(refused.value("name")) != 81 {
		t.Error("the name that was typed is lost")
	}

	company := organization + "/settings/company"
	wrong := b.post(company, "issuer", "http://id.example.com", "client_id", "", "client_secret", "hush", "join_as", "owner").
		want(http.StatusUnprocessableEntity, "begins with https://", "Owners are made by owners.",
			"Not saved: 3 fields need a change: Issuer , Client id , Who joins without an invitation")
	if wrong.value("issuer") != "http://id.example.com" || strings.Contains(wrong.body, "hush") {
		t.Error("the issuer is lost, or the secret came back")
	}
	set := b.post(company, "issuer", "https://id.example.com", "client_id", "portal", "client_secret", "hush", "join_as", "developer").
		want(http.StatusOK, "The company sign-in is saved", s.server.URL+"/signin/company/callback", s.server.URL+"/signin/company/org_", "One is kept.")
	if strings.Contains(set.body, "hush") {
		t.Error("the secret came back")
	}
	b.post(company, "issuer", "https://other.example.com", "client_id", "portal", "join_as", "").
		want(http.StatusUnprocessableEntity, "write the secret that belongs to it")
	b.post(company+"/remove").want(http.StatusOK, "The company sign-in is removed").without("Sign-in link to hand out")
	b.post(company + "/remove").want(http.StatusNotFound)
}
