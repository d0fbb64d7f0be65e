package account

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/outbound"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const (
	ferries = "org_ferries"
	browser = "browser-1"
)

// companyStage is an organization with an owner, and its own sign-in.
type companyStage struct {
	*stage
	*Company
	owner    signedIn
	settings dialtone.CompanySignIn
}

func newCompanyStage(t *testing.T, settings dialtone.CompanySignIn, clientSecret secret.Text, change ...func(*CompanyConfig)) *companyStage {
	t.Helper()
	s := &companyStage{stage: newStage(t)}
	s.owner = s.byEmail("owner@example.com")
	organization := dialtone.Organization{ID: ferries, Name: "Fjord Ferries", Created: s.now}
	if err := s.db.CreateOrganization(t.Context(), organization, s.owner.Account.ID, s.now, s.line("organization.create")); err != nil {
		t.Fatal(err)
	}
	s.setUp(settings, clientSecret)
	config := CompanyConfig{
		Store: s.db, Sessions: s.Service, Keys: s.Service.Keys, Log: slog.New(slog.NewTextHandler(s.log, nil)), Origin: origin,
		HTTP: outbound.New(outbound.Config{AllowLoopback: true}), AllowLoopback: true,
	}
	for _, c := range change {
		c(&config)
	}
	s.Company = NewCompany(config)
	return s
}

func (s *companyStage) line(action string) dialtone.Activity {
	return dialtone.Activity{ID: secret.ID("act"), OrganizationID: ferries, ActorID: s.owner.Account.ID, Action: action, At: s.now}
}

// setUp is what the owner does in the settings.
func (s *companyStage) setUp(settings dialtone.CompanySignIn, clientSecret secret.Text) {
	s.t.Helper()
	settings.OrganizationID, settings.Updated = ferries, s.now
	settings.SealedSecret = CompanySecrets{s.Service.Keys}.SealSecret(settings, clientSecret)
	if err := s.db.PutCompanySignIn(s.t.Context(), settings, s.line("company.update")); err != nil {
		s.t.Fatal(err)
	}
	s.settings = settings
}

// member makes the account of an e-mail address a viewer of the organization.
func (s *companyStage) member(email string) dialtone.Account {
	s.t.Helper()
	account := s.byEmail(email).Account
	invitation := dialtone.Invitation{
		ID: secret.ID("inv"), OrganizationID: ferries, Email: email, Role: dialtone.RoleViewer, SecretHash: secret.ID("hash"),
		Created: s.now, Expires: s.now.Add(time.Hour),
	}
	if err := s.db.PutInvitation(s.t.Context(), invitation, s.line("invitation.create")); err != nil {
		s.t.Fatal(err)
	}
	if err := s.db.AcceptInvitation(s.t.Context(), invitation.ID, account.ID, s.now, s.line("invitation.accept")); err != nil {
		s.t.Fatal(err)
	}
	return account
}

func (s *companyStage) begin() (address, state string) {
	s.t.Helper()
	address, state, err := s.BeginCompany(s.t.Context(), ferries, browser, s.now)
	if err != nil {
		s.t.Fatal(err)
	}
	return address, state
}

// through goes to the provider as a person who types that name, and back.
func (s *companyStage) through(name string) (SignedIn, error) {
	s.t.Helper()
	address, state := s.begin()
	return s.FinishCompany(s.t.Context(), state, browser, atProvider(s.t, address, name), firefox, s.now)
}

func (s *companyStage) mustGoThrough(name string) SignedIn {
	s.t.Helper()
	in, err := s.through(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return in
}

func (s *companyStage) role(accountID string) dialtone.Role {
	s.t.Helper()
	membership, err := s.db.Membership(s.t.Context(), ferries, accountID)
	if err != nil {
		s.t.Fatal(err)
	}
	return membership.Role
}

func wantProblem(t *testing.T, what string, err error, want CompanyProblem) {
	t.Helper()
	refused, ok := errors.AsType[*CompanyError](err)
	if !ok || refused.Problem != want {
		t.Errorf("%s: %v, want the problem %s", what, err, want)
	}
}

func TestPeopleSignInAtTheirCompanysProvider(t *testing.T) {
	t.Parallel()
	issuer := startProvider(t)
	basic := dialtone.CompanySignIn{Issuer: issuer, ClientID: "basic"}
	const basicSecret = "basic-secret"

	t.Run("a member keeps the account, confined to the organization", func(t *testing.T) {
		t.Parallel()
		s := newCompanyStage(t, basic, basicSecret)
		member := s.member(ada)
		for range 2 {
			in := s.mustGoThrough("ada")
			if in.Account != member || in.New {
				t.Errorf("signed in as %+v (new: %v), want %+v", in.Account, in.New, member)
			}
			if got := s.at(in); got.session.Method != dialtone.SignInCompany || got.session.OrganizationID != ferries || got.actor.OrganizationID != ferries {
				t.Errorf("session %+v, actor %+v", got.session, got.actor)
			}
		}
		if got := s.role(member.ID); got != dialtone.RoleViewer {
			t.Errorf("the member became %s", got)
		}
		if strings.Contains(s.log.String(), ada) {
			t.Errorf("the log tells the address: %s", s.log)
		}
	})
	t.Run("who comes for the first time joins, if the organization wants it", func(t *testing.T) {
		t.Parallel()
		s := newCompanyStage(t, basic, basicSecret)
		_, err := s.through("grace")
		wantProblem(t, "nobody may join", err, ProblemNotInvited)
		wantError(t, "nobody may join", err, dialtone.ErrForbidden)

		open := basic
		open.JoinAs = dialtone.RoleDeveloper
		s.setUp(open, basicSecret)
		first, again := s.mustGoThrough("grace"), s.mustGoThrough("grace")
		if !first.New || again.New || first.Account.ID != again.Account.ID || s.role(first.Account.ID) != dialtone.RoleDeveloper {
			t.Errorf("first %+v, then %+v", first, again)
		}
		// Her address is the provider's word only: whoever proves it by a code gets an account of their own.
		if first.Account.Email != "" || first.Account.Name != "Grace Hopper" {
			t.Errorf("account %+v", first.Account)
		}
		if byCode := s.byEmail(grace); byCode.Account.ID == first.Account.ID {
			t.Error("the provider's word for an address proved it")
		}
		if err := s.db.RemoveMember(t.Context(), ferries, first.Account.ID, s.line("member.remove")); err != nil {
			t.Fatal(err)
		}
		_, err = s.through("grace")
		wantProblem(t, "after she was removed", err, ProblemNotInvited)
	})
	t.Run("an address that the provider has not checked links nobody", func(t *testing.T) {
		t.Parallel()
		s := newCompanyStage(t, basic, basicSecret)
		member := s.member(ada)
		_, err := s.through("eve")
		wantProblem(t, "eve, who says that she is ada", err, ProblemNotInvited)
		open := basic
		open.JoinAs = dialtone.RoleViewer
		s.setUp(open, basicSecret)
		if in := s.mustGoThrough("eve"); !in.New || in.Account.ID == member.ID {
			t.Errorf("eve signed in as %+v", in.Account)
		}
	})
	t.Run("a public client proves itself by PKCE alone", func(t *testing.T) {
		t.Parallel()
		s := newCompanyStage(t, dialtone.CompanySignIn{Issuer: issuer, ClientID: "public", JoinAs: dialtone.RoleViewer}, "")
		if in := s.mustGoThrough("nemo"); !in.New || in.Account.Name != "Nemo with a line break" {
			t.Errorf("signed in as %+v: a name is one line", in.Account)
		}
	})
	t.Run("a person who cancels is told so", func(t *testing.T) {
		t.Parallel()
		s := newCompanyStage(t, basic, basicSecret)
		_, err := s.through("")
		wantProblem(t, "cancelled", err, ProblemRefused)
		if refused, ok := errors.AsType[*CompanyError](err); !ok || refused.Code != "access_denied" {
			t.Errorf("%v, want the provider's code", err)
		}
	})
	t.Run("a wrong client secret is a matter of the settings", func(t *testing.T) {
		t.Parallel()
		s := newCompanyStage(t, basic, "not-the-secret")
		_, err := s.through("ada")
		wantProblem(t, "wrong secret", err, ProblemNotSetUp)
		if strings.Contains(err.Error(), "not-the-secret") {
			t.Errorf("the error tells the secret: %v", err)
		}
	})
	t.Run("an answer counts once, in time, and in the browser that asked", func(t *testing.T) {
		t.Parallel()
		s := newCompanyStage(t, basic, basicSecret)
		s.member(ada)
		address, state := s.begin()
		_, other := s.begin()
		answer := atProvider(t, address, "ada")
		finish := func(state, browser string, query url.Values, now time.Time) error {
			_, err := s.FinishCompany(context.Background(), state, browser, query, firefox, now)
			return err
		}
		wantProblem(t, "another browser", finish(state, "browser-2", answer, s.now), ProblemOtherBrowser)
		wantProblem(t, "a browser without id", finish(state, "", answer, s.now), ProblemOtherBrowser)
		wantProblem(t, "without the cookie", finish("", browser, answer, s.now), ProblemOtherBrowser)
		wantProblem(t, "with another way's cookie", finish(other, browser, answer, s.now), ProblemMismatch)
		wantProblem(t, "with a forged cookie", finish(state[:len(state)-2]+"AA", browser, answer, s.now), ProblemMismatch)
		wantProblem(t, "too late", finish(state, browser, answer, s.now.Add(companyLifetime)), ProblemExpired)
		if err := finish(state, browser, answer, s.now); err != nil {
			t.Fatalf("the right one: %v", err)
		}
		err := finish(state, browser, answer, s.now)
		wantProblem(t, "a second time", err, ProblemExpired)
		wantError(t, "a second time", err, dialtone.ErrExpired)
		if log := s.log.String(); !strings.Contains(log, string(ProblemOtherBrowser)) || strings.Contains(log, answer.Get("code")) {
			t.Errorf("log: %s", log)
		}
	})
}

func TestAnOrganizationWithoutProviderIsLikeNone(t *testing.T) {
	t.Parallel()
	s := newCompanyStage(t, dialtone.CompanySignIn{Issuer: "https://login.example.com", ClientID: "c"}, "s")
	if err := s.db.DeleteCompanySignIn(t.Context(), ferries, s.line("company.delete")); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, organization := range []string{ferries, "org_nobodys"} {
		_, _, err := s.BeginCompany(t.Context(), organization, browser, s.now)
		wantProblem(t, organization, err, ProblemNotSetUp)
		texts = append(texts, err.Error())
	}
	if texts[0] != texts[1] {
		t.Errorf("they can be told apart: %q", texts)
	}
}
