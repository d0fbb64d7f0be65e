package company_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func TestPeopleSignInAtTheirCompanysProvider(t *testing.T) {
	t.Parallel()
	issuer := startProvider(t)
	basic := dialtone.CompanySignIn{Issuer: issuer, ClientID: "basic"}
	const basicSecret = "basic-secret"

	t.Run("a member keeps the account, confined to the organization", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, basic, basicSecret)
		member := s.member(ada)
		for range 2 {
			in := s.mustGoThrough("ada")
			if in.Account != member || in.New {
				t.Errorf("signed in as %+v (new: %v), want %+v", in.Account, in.New, member)
			}
			session, account, err := s.accounts.Session(t.Context(), in.Cookie.Reveal(), s.now)
			if err != nil || account != member || session.Method != dialtone.SignInCompany || session.OrganizationID != s.owner.Organization.ID {
				t.Errorf("session %+v of %+v, %v", session, account, err)
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
		s := newStage(t, basic, basicSecret)
		_, err := s.through("grace")
		wantProblem(t, "nobody may join", err, company.ProblemNotInvited)
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
		if byCode, _ := storetest.NewAccountOf(t, s.db, "grace@example.com"); byCode.ID == first.Account.ID {
			t.Error("the provider's word for an address proved it")
		}
		if err := s.db.RemoveMember(t.Context(), s.owner.Organization.ID, first.Account.ID, s.owner.Activity("member.remove")); err != nil {
			t.Fatal(err)
		}
		_, err = s.through("grace")
		wantProblem(t, "after she was removed", err, company.ProblemNotInvited)
	})
	t.Run("an address that the provider has not checked links nobody", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, basic, basicSecret)
		member := s.member(ada)
		_, err := s.through("eve")
		wantProblem(t, "eve, who says that she is ada", err, company.ProblemNotInvited)
		open := basic
		open.JoinAs = dialtone.RoleViewer
		s.setUp(open, basicSecret)
		if in := s.mustGoThrough("eve"); !in.New || in.Account.ID == member.ID {
			t.Errorf("eve signed in as %+v", in.Account)
		}
	})
	t.Run("a public client proves itself by PKCE alone", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, dialtone.CompanySignIn{Issuer: issuer, ClientID: "public", JoinAs: dialtone.RoleViewer}, "")
		if in := s.mustGoThrough("nemo"); !in.New || in.Account.Name != "Nemo with a line break" {
			t.Errorf("signed in as %+v: a name is one line", in.Account)
		}
	})
	t.Run("a person who cancels is told so", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, basic, basicSecret)
		_, err := s.through("")
		wantProblem(t, "cancelled", err, company.ProblemRefused)
		if refused, ok := errors.AsType[*company.Error](err); !ok || refused.Code != "access_denied" {
			t.Errorf("%v, want the provider's code", err)
		}
	})
	t.Run("a wrong client secret is a matter of the settings", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, basic, "not-the-secret")
		_, err := s.through("ada")
		wantProblem(t, "wrong secret", err, company.ProblemNotSetUp)
		if strings.Contains(err.Error(), "not-the-secret") {
			t.Errorf("the error tells the secret: %v", err)
		}
	})
	t.Run("an answer counts once, in time, and in the browser that asked", func(t *testing.T) {
		t.Parallel()
		s := newStage(t, basic, basicSecret)
		s.member(ada)
		address, state := s.begin()
		_, other := s.begin()
		answer := atProvider(t, address, "ada")
		finish := func(state, browser string, query url.Values, now time.Time) error {
			_, err := s.Finish(t.Context(), company.Back{State: state, BrowserID: browser, Query: query, Agent: firefox}, now)
			return err
		}
		wantProblem(t, "another browser", finish(state, "browser-2", answer, s.now), company.ProblemOtherBrowser)
		wantProblem(t, "a browser without id", finish(state, "", answer, s.now), company.ProblemOtherBrowser)
		wantProblem(t, "without the cookie", finish("", browser, answer, s.now), company.ProblemOtherBrowser)
		wantProblem(t, "with another way's cookie", finish(other, browser, answer, s.now), company.ProblemMismatch)
		wantProblem(t, "with a forged cookie", finish(state[:len(state)-2]+"AA", browser, answer, s.now), company.ProblemMismatch)
		wantProblem(t, "too late", finish(state, browser, answer, s.now.Add(10*time.Minute)), company.ProblemExpired)
		if err := finish(state, browser, answer, s.now); err != nil {
			t.Fatalf("the right one: %v", err)
		}
		err := finish(state, browser, answer, s.now)
		wantProblem(t, "a second time", err, company.ProblemExpired)
		wantError(t, "a second time", err, dialtone.ErrExpired)
		if log := s.log.String(); !strings.Contains(log, string(company.ProblemOtherBrowser)) || strings.Contains(log, answer.Get("code")) {
			t.Errorf("log: %s", log)
		}
	})
}

func TestAnOrganizationWithoutProviderIsLikeNone(t *testing.T) {
	t.Parallel()
	s := newStage(t, dialtone.CompanySignIn{Issuer: "https://login.example.com", ClientID: "c"}, "s")
	if err := s.db.DeleteCompanySignIn(t.Context(), s.owner.Organization.ID, s.owner.Activity("company.delete")); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, organization := range []string{s.owner.Organization.ID, "org_nobodys"} {
		_, _, err := s.Begin(t.Context(), organization, browser, s.now)
		wantProblem(t, organization, err, company.ProblemNotSetUp)
		texts = append(texts, err.Error())
	}
	if texts[0] != texts[1] {
		t.Errorf("they can be told apart: %q", texts)
	}
}
