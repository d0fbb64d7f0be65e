package portal_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk/account"
)

func TestANewPersonSignsInAndIsAskedForAnOrganization(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	b.get("/").want(http.StatusOK, "Sign people in with their phone number", "Sign in")
	b.signIn(ada).want(http.StatusOK, "Create your organization")
	b.post("/organizations/new", "name", " ").want(http.StatusUnprocessableEntity, "Write the organization's name.")
	b.post("/organizations/new", "name", "Analytical Engines").want(http.StatusOK, "Create your first product")
	b.get("/").want(http.StatusOK, "Analytical Engines", "Next: create your first product")
}

func TestSigningInGoesBackToThePageThatAskedForIt(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	asked := b.get("/account").want(http.StatusOK, "Sign in")
	sent := b.post("/signin", "email", ada, "to", asked.value("to"))
	in := b.post("/signin/code", "r", sent.value("r"), "code", b.code(ada))
	if in.path != "/account" {
		t.Errorf("came to %s", in.path)
	}
	other := b.stage.browser()
	sent = other.post("/signin", "email", ada, "to", "https://evil.example/")
	if in := other.post("/signin/code", "r", sent.value("r"), "code", b.code(ada)); strings.Contains(in.path, "evil") {
		t.Errorf("came to %s", in.path)
	}
}

func TestTheDemoSaysWhereTheCodeIs(t *testing.T) {
	t.Parallel()
	b := newStage(t, func(c *account.Config) { c.Inbox = "http://localhost:8083/" }).browser()
	if shown := b.post("/signin", "email", ada).want(http.StatusOK, "This is a demo"); shown.link("demo inbox") != "http://localhost:8083/" {
		t.Errorf("the link leads to %s", shown.link("demo inbox"))
	}
}

func TestAnAddressInTheLinkIsFilledInAndNothingElse(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	const hostile = `"><script>alert(1)</script>`
	shown := b.get("/signin?email="+url.QueryEscape(hostile)).want(http.StatusOK, "Send me a code").without("<script>alert")
	if shown.value("email") != hostile {
		t.Errorf("the field holds %q", shown.value("email"))
	}
	if mails := len(b.stage.mail.List()); mails != 0 {
		t.Errorf("%d mails were sent by looking at a page", mails)
	}
}

func TestAnAddressThatIsNoneKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	refused := b.post("/signin", "email", "ada at example").want(http.StatusUnprocessableEntity, "Write an e-mail address")
	if refused.value("email") != "ada at example" {
		t.Errorf("the field holds %q", refused.value("email"))
	}
}

func TestCodesThatDoNotOpen(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ask := func(b *browser, email string) string { return b.post("/signin", "email", email).value("r") }

	t.Run("a wrong one says how many tries are left, and the last is the last", func(t *testing.T) {
		b := s.browser()
		r := ask(b, "wrong@example.com")
		b.post("/signin/code", "r", r, "code", "12345").want(http.StatusUnprocessableEntity, "Type the 6 digits")
		wrong := "000000"
		if s.code("wrong@example.com") == wrong {
			wrong = "000001"
		}
		for _, left := range []string{"4 tries left", "3 tries left", "2 tries left", "One try is left"} {
			b.post("/signin/code", "r", r, "code", wrong).want(http.StatusUnprocessableEntity, "That is not the code.", left)
		}
		over := b.post("/signin/code", "r", r, "code", wrong).want(http.StatusUnprocessableEntity, "the last try")
		over.want(http.StatusUnprocessableEntity, "Send a new code")
		b.post("/signin/code", "r", r, "code", s.code("wrong@example.com")).want(http.StatusUnprocessableEntity, "the last try")
	})
	t.Run("one of another browser says so", func(t *testing.T) {
		first, second := s.browser(), s.browser()
		ask(second, "three@example.com")
		r := ask(first, "two@example.com")
		second.post("/signin/code", "r", r, "code", s.code("two@example.com")).want(http.StatusForbidden, "only in the browser that asked")
	})
	t.Run("a browser without cookies is told what to allow", func(t *testing.T) {
		r := ask(s.browser(), "four@example.com")
		s.browser().post("/signin/code", "r", r, "code", s.code("four@example.com")).want(http.StatusForbidden, "Allow cookies for this page")
	})
	t.Run("one that was used says so", func(t *testing.T) {
		b := s.browser()
		r := ask(b, "used@example.com")
		b.post("/signin/code", "r", r, "code", s.code("used@example.com"))
		b.post("/signout")
		b.post("/signin/code", "r", r, "code", s.code("used@example.com")).want(http.StatusUnprocessableEntity, "it was used")
	})
	t.Run("one that is superseded says so", func(t *testing.T) {
		b := s.browser()
		r := ask(b, "twice@example.com")
		first := s.code("twice@example.com")
		ask(b, "twice@example.com")
		b.post("/signin/code", "r", r, "code", first).want(http.StatusUnprocessableEntity, "a newer one was sent")
	})
	t.Run("a forged state is refused", func(t *testing.T) {
		s.browser().post("/signin/code", "r", "forged", "code", "123456").want(http.StatusBadRequest, "could not be read")
		s.browser().get("/signin/code?r=forged").want(http.StatusOK, "Send me a code")
	})
}

func TestACodeThatIsTooOldIsSentAgainToTheSameAddress(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browser()
	asked := b.post("/signin", "email", ada)
	s.later(11 * time.Minute)
	b.post("/signin/code", "r", asked.value("r"), "code", s.code(ada)).want(http.StatusUnprocessableEntity, "too old")
	b.get(asked.path).want(http.StatusOK, "too old")
	again := b.get("/signin?r=" + asked.value("r"))
	if again.value("email") != ada {
		t.Errorf("the form has %q", again.value("email"))
	}
}

func TestABrowserThatSignedInBeforeGetsACodeWhateverStrangersDo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	mine, stranger := s.browser(), s.browser()
	mine.signIn(ada)
	mine.post("/signout")
	for range 2 {
		r := stranger.post("/signin", "email", ada).value("r")
		wrong := "000000"
		if s.code(ada) == wrong {
			wrong = "000001"
		}
		for range 5 {
			stranger.post("/signin/code", "r", r, "code", wrong)
		}
	}
	long := stranger.post("/signin", "email", ada).want(http.StatusOK, "8 digits.")
	if got := len(s.code(ada)); got != 8 {
		t.Errorf("the stranger's code has %d digits", got)
	}
	stranger.post("/signin/code", "r", long.value("r"), "code", "123456").want(http.StatusUnprocessableEntity, "Type the 8 digits")
	stranger.post("/signin", "email", ada)
	stranger.post("/signin", "email", ada).want(http.StatusTooManyRequests, "Too many codes")
	shown := mine.post("/signin", "email", ada).want(http.StatusOK, "6 digits.")
	mine.post("/signin/code", "r", shown.value("r"), "code", s.code(ada)).want(http.StatusOK, "Create your organization")
}

func TestTheMailServerIsAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browser()
	s.mail.goAway(true)
	away := b.post("/signin", "email", ada).want(http.StatusServiceUnavailable, "cannot send mail at the moment")
	if away.header.Get("Retry-After") == "" || away.value("email") != ada {
		t.Errorf("Retry-After %q, address %q", away.header.Get("Retry-After"), away.value("email"))
	}
	s.mail.goAway(false)
	b.signIn(ada).want(http.StatusOK, "Create your organization")
}

func TestTooManyCodesSayHowLongToWait(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	for range 5 {
		b.post("/signin", "email", ada).want(http.StatusOK, "We sent a code")
	}
	refused := b.post("/signin", "email", ada).want(http.StatusTooManyRequests, "Wait 60 minutes")
	if refused.header.Get("Retry-After") != "3600" {
		t.Errorf("Retry-After %q", refused.header.Get("Retry-After"))
	}
}

func TestNoFormIsTakenFromAnotherSite(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	for _, path := range []string{"/signin", "/signin/passkey/begin", "/signout", "/organizations/new", "/account/sessions/end-others"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+path, strings.NewReader("email="+ada))
		must(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := b.do(r); got.status != http.StatusForbidden {
			t.Errorf("%s: status %d", path, got.status)
		}
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first, second, third := s.browser(), s.browser(), s.browser()
	for _, b := range []*browser{first, second, third} {
		b.signIn(ada)
	}
	listed := first.get("/account").want(http.StatusOK, "this browser", "Sign out all other browsers")
	ends := regexp.MustCompile(`/account/sessions/\w+/end"`).FindAllString(listed.body, -1)
	if len(ends) != 3 {
		t.Fatalf("%d sessions are listed", len(ends))
	}
	first.post("/account/sessions/pse_unknown/end").want(http.StatusNotFound)
	first.post("/account/sessions/end-others").want(http.StatusOK, "All other browsers are signed out.").without("Sign out all other")
	second.get("/account").want(http.StatusOK, "Send me a code")
	own := regexp.MustCompile(`/account/sessions/\w+/end`).FindString(first.get("/account").body)
	first.post(own)
	first.get("/account").want(http.StatusOK, "Send me a code")
}

func TestSigningInAgainLeavesNoSessionBehind(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	b := s.browser()
	b.signIn(ada)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	asked, err := url.Parse(b.post("/signin", "email", ada).header.Get("Location"))
	must(t, err)
	b.post("/signin/code", "r", asked.Query().Get("r"), "code", s.code(ada)).want(http.StatusSeeOther)
	if listed := b.get("/account").want(http.StatusOK, "this browser"); strings.Count(listed.body, "/end\"") != 1 {
		t.Errorf("%d sessions", strings.Count(listed.body, "/end\""))
	}
}

func TestANameIsShownToColleagues(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	b.signIn(ada)
	b.post("/account", "name", strings.Repeat("x", 65)).want(http.StatusUnprocessableEntity, "at most 64 characters")
	b.post("/account", "name", "Ada <b>Lovelace</b>").want(http.StatusOK, "Saved.", "Ada <b>Lovelace</b>")
}

// A company's word counts inside its organization: it must not reach the account, where it could leave a passkey behind.
func TestWhoCameThroughACompanyChangesNothingOfTheAccount(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	owner := s.browser()
	organization := owner.organization(ada, "Analytical Engines")
	owner.post(organization+"/settings/company", "issuer", "https://id.example.com", "client_id", "portal").want(http.StatusOK, "The company sign-in is saved")
	b := owner.join(organization, grace, dialtone.RoleDeveloper)
	b.confine(strings.TrimPrefix(organization, "/organizations/"))

	b.get("/account").want(http.StatusOK, "signed in through your company").without("Add a passkey")
	b.post("/account", "name", "Somebody").want(http.StatusForbidden, "Only you, signed in with your e-mail address")
	b.post("/account/sessions/end-others").want(http.StatusForbidden)
	if begun := b.send("/account/passkeys/begin", "application/json", "{}"); begun.status != http.StatusForbidden {
		t.Errorf("adding a passkey: status %d", begun.status)
	}
	b.get(organization).want(http.StatusOK, "Analytical Engines")
	b.post("/organizations/new", "name", "Mine").want(http.StatusForbidden)
}

func TestAPasskeyThatIsNoneOpensNothing(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	begun := b.send("/signin/passkey/begin", "application/json", "{}")
	if begun.status != http.StatusOK || !strings.Contains(begun.body, `"challenge"`) {
		t.Fatalf("status %d: %s", begun.status, begun.body)
	}
	for _, c := range []struct {
		body   string
		status int
	}{
		{"", http.StatusBadRequest}, {"{}", http.StatusBadRequest},
		{`{"state":"x","response":{"id":"eA","rawId":"eA","type":"public-key","response":{}}}`, http.StatusForbidden},
	} {
		if got := b.send("/signin/passkey/finish", "application/json", c.body); got.status != c.status || !strings.Contains(got.body, `"problem"`) {
			t.Errorf("%s: status %d, want %d: %s", c.body, got.status, c.status, got.body)
		}
	}
	b.get("/account").want(http.StatusOK, "Send me a code")
}

// Browsers send the domain of an address in either writing; mail servers want the one in ASCII; people read the other.
func TestAMailboxIsOneAccountInBothWritings(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const wire, shown = "ada@xn--bcher-kva.example", "ada@bücher.example"
	first := s.browser()
	asked := first.post("/signin", "email", shown).want(http.StatusOK, shown)
	first.post("/signin/code", "r", asked.value("r"), "code", s.code(wire))
	made := first.post("/organizations/new", "name", "Analytical Engines").want(http.StatusOK, "Analytical Engines")
	path, _, _ := strings.Cut(made.path, "?")
	second := s.browser()
	second.signIn(wire)
	second.get(path+"/members").want(http.StatusOK, shown, "owner").without(wire)
	second.get("/account").want(http.StatusOK, shown)
}

// Asking a company's provider costs us a request to a stranger's server.
func TestWhoeverIsNotSignedInMustWaitAfterManyPosts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	signedIn := s.browser()
	signedIn.organization(ada, "Analytical Engines")
	refused := 0
	for range 130 {
		b := s.browser() // cookies thrown away each time
		if b.post("/signin/company", "organization", "org_unknown").status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused == 0 || refused > 20 {
		t.Errorf("%d of 130 posts from one address were refused", refused)
	}
	signedIn.get("/organizations/new").want(http.StatusOK, "Create your organization")
}

func TestACompanyThatHasNoSignIn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	organization := s.browser().organization(ada, "Analytical Engines")
	b := s.browser()
	b.get("/signin/company").want(http.StatusOK, "Organization id")
	for _, id := range []string{"org_unknown", strings.TrimPrefix(organization, "/organizations/"), ""} {
		b.post("/signin/company", "organization", id).want(http.StatusUnprocessableEntity, "No organization with this id")
	}
	b.get("/signin/company/org_unknown").want(http.StatusOK, "Organization id").without("No organization")
	b.get("/signin/company/callback?code=x&state=y").want(http.StatusForbidden, "You are not signed in", "Begin again")
}
