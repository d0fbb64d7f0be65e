package server_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
)

func TestAnAnswerGoesTheWayThatWasAskedFor(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	inFragment := func(tab *tab) url.Values {
		t.Helper()
		fragment, ok := strings.CutPrefix(tab.landed, callback+"#")
		values, err := url.ParseQuery(fragment)
		if !ok || err != nil || values.Get("state") != "s-1" || values.Get("iss") != h.issuer {
			t.Fatalf("landed at %q: %d %s", tab.landed, tab.status, tab.text())
		}
		return values
	}
	b := h.browser(t)
	values := inFragment(b.open(a.address("response_mode", "fragment", "scope", "openid phone")).signIn(kim).press("allow"))
	a.redeem(values.Get("code")).ok()
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"nothing to do":      {[]string{"prompt", "none", "scope", "openid phone"}, ""},
		"a fault":            {[]string{"scope", "nonsense"}, "invalid_scope"},
		"consent is missing": {[]string{"prompt", "none", "scope", "openid phone offline_access"}, "consent_required"},
	} {
		if got := inFragment(b.open(a.address(append(c.pairs, "response_mode", "fragment")...))); got.Get("error") != c.want || got.Has("code") != (c.want == "") {
			t.Errorf("%s: %v", name, got)
		}
	}
	signedOut := h.browser(t)
	if got := inFragment(signedOut.open(a.address("prompt", "none", "response_mode", "fragment"))).Get("error"); got != "login_required" {
		t.Errorf("nobody is signed in: %q", got)
	}
	// Without response_mode: where the code of that response type looks.
	for _, responseType := range []string{"token", "id_token", "id_token token", "code id_token", "code token"} {
		if got := inFragment(signedOut.open(a.address("response_type", responseType))).Get("error"); got != "unsupported_response_type" {
			t.Errorf("response_type %s: %q", responseType, got)
		}
	}
	// The ways back are links to the fragment, too.
	if got := inFragment(signedOut.open(a.address("response_mode", "fragment")).follow("back")).Get("error"); got != "access_denied" {
		t.Errorf("the way back from the number page: %q", got)
	}
}

func TestADeadEndTellsTheAppWhyInEveryMode(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	told := func(tab *tab, mode string) string {
		t.Helper()
		tab.follow("back")
		switch mode {
		case "form_post":
			if tab.hidden("error") != "access_denied" {
				t.Errorf("the app gets %q", tab.hidden("error"))
			}
			return tab.hidden("error_description")
		case "fragment":
			tab.landed = strings.Replace(tab.landed, "#", "?", 1)
		}
		return tab.answer(callback).Get("error_description")
	}
	signedIn, _ := h.story(t).tokens(kim)
	for _, mode := range []string{"query", "fragment", "form_post"} {
		ask := []string{"response_mode", mode}
		a := h.story(t)
		if got := told(h.browser(t).open(a.address(ask...)), mode); got != "the person went back without signing in" {
			t.Errorf("%s, number page: %q", mode, got)
		}
		far := signedIn.open(h.app(t, "client_far", storySecret).address(ask...))
		if got := told(far, mode); got != "the product is not available at the person's operator" {
			t.Errorf("%s, product not available: %q", mode, got)
		}
		b := h.browser(t)
		tab := b.open(a.address(ask...))
		sealed := tab.hidden("r")
		old := h.older(sealed, 61*time.Minute, b.cookie("dialtone_browser"))
		if got := told(tab.visit(h.issuer+"/signin?r="+url.QueryEscape(old)), mode); got != "the sign-in was not finished in time; begin again" {
			t.Errorf("%s, took too long: %q", mode, got)
		}
		other := h.browser(t).open(h.issuer + "/signin?r=" + url.QueryEscape(sealed))
		if got := told(other, mode); !strings.HasPrefix(got, "the sign-in was begun in another browser") {
			t.Errorf("%s, another browser: %q", mode, got)
		}
	}
}

func TestAnAppOnAComputerListensAtAnyPortOfLocalhost(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	s := h.stranger(t, dialtone.ClientPublic, "http://localhost/callback")
	s.redirect = "http://localhost:51004/callback"
	pkce := []string{"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method", "S256"}
	b := h.browser(t)
	// A fault reaches the app at once: loopback is the person's own computer.
	if got := b.open(s.address("scope", "nonsense")).answer(s.redirect).Get("error"); got != "invalid_scope" {
		t.Errorf("a fault: %q", got)
	}
	code := s.code(b.open(s.address(pkce...)).sandboxSignIn().press("allow"))
	s.redeem(code, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").ok()
	// RFC 8252 §8.6: any program could be the one at that port, so the person is asked each time.
	s.redirect = "http://localhost:51005/callback"
	if got := b.open(s.address(append(pkce, "prompt", "none")...)).answer(s.redirect).Get("error"); got != "consent_required" {
		t.Errorf("prompt=none at another port: %q", got)
	}
	b.open(s.address(pkce...)).press("allow").answer(s.redirect)
	// The token request repeats the port of its own authorization request.
	code = s.code(b.open(s.address(pkce...)).press("allow"))
	s.redirect = "http://localhost:51006/callback"
	s.redeem(code, "code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").wants(http.StatusBadRequest, "invalid_grant")
}

const (
	strangerPage = "https://stranger.example/callback"
	strangerBye  = "https://stranger.example/bye"
)

// stranger is a client that a developer made by herself, of a product that nobody but the sandbox has enabled.
func (h *house) stranger(t *testing.T, kind dialtone.ClientType, redirects ...string) app {
	t.Helper()
	ctx, now := t.Context(), time.Now().UTC()
	c := h.node.Catalog()
	h.apply("organizations: [{id: org_stranger, name: Stranger, owners: [ada@stranger.example]}]")
	var ada dialtone.Actor
	h.sql(func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT account_id FROM member WHERE organization_id = 'org_stranger'").Scan(&ada.AccountID)
	})
	product, err := c.CreateProduct(ctx, ada, "org_stranger", catalog.ProductEdit{Name: "Harbour: pay your bill"}, now)
	if err != nil {
		t.Fatal(err)
	}
	scopes := []dialtone.ProductScope{{Name: dialtone.ScopeOpenID}, {Name: dialtone.ScopePhone}, {Name: dialtone.ScopeOfflineAccess}}
	if _, err = c.SetScopes(ctx, ada, product.ID, scopes, product.Updated, now); err != nil {
		t.Fatal(err)
	}
	if _, err = c.Offer(ctx, ada, product.ID, directory.SandboxOperatorID, now); err != nil {
		t.Fatal(err)
	}
	client, secret, err := c.CreateClient(ctx, ada, product.ID, catalog.ClientEdit{
		Type: kind, ClientSettings: dialtone.ClientSettings{
			Description: "a client", RedirectURIs: redirects, PostLogoutRedirectURIs: []string{strangerBye},
		},
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	a := h.app(t, client.ID, secret.Reveal())
	a.redirect = redirects[0]
	return a
}

func (tb *tab) sandboxSignIn() *tab {
	tb.t.Helper()
	return tb.fill("phone_number", "+46701740605").press("send").fill("pin", "740605").press("continue")
}

func TestALinkToUsLeadsNobodyToAStranger(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	s := h.stranger(t, dialtone.ClientConfidential, strangerPage)
	const question = "Do you want to go on to stranger.example?"
	asks := func(name string, tab *tab) *tab {
		t.Helper()
		if tab.status != http.StatusBadRequest || tab.heading() != question || tab.landed != "" {
			t.Fatalf("%s: %d %q, landed at %q", name, tab.status, tab.heading(), tab.landed)
		}
		if strings.Contains(tab.text(), "Harbour") || strings.Contains(tab.body, "form_post") || tab.header.Get("Refresh") != "" {
			t.Errorf("%s: a page in a brand, or one that goes on by itself: %s", name, tab.body)
		}
		return tab
	}
	out := h.browser(t)
	for name, c := range map[string]struct {
		pairs []string
		want  string
	}{
		"a fault":                   {[]string{"scope", "nonsense"}, "invalid_scope"},
		"prompt=none":               {[]string{"prompt", "none"}, "login_required"},
		"a fault and prompt=none":   {[]string{"prompt", "none login"}, "invalid_request"},
		"a hint that is none":       {[]string{"id_token_hint", "nonsense"}, "invalid_request"},
		"a request object":          {[]string{"request", "e30.e30."}, "request_not_supported"},
		"another response type":     {[]string{"response_type", "token"}, "unsupported_response_type"},
		"an acr that cannot be had": {[]string{"claims", `{"id_token":{"acr":{"essential":true,"value":"x"}}}`}, "unmet_authentication_requirements"},
		"a number that is none":     {[]string{"max_age", "soon"}, "invalid_request"},
	} {
		for _, mode := range []string{"query", "fragment", "form_post"} {
			tab := asks(name, out.open(s.address(append(c.pairs, "response_mode", mode)...)))
			var got url.Values
			if mode == "form_post" {
				request := tab.submission("go-on")
				if err := request.ParseForm(); err != nil || request.URL.String() != strangerPage {
					t.Errorf("%s: the form leads to %s: %v", name, request.URL, err)
				}
				got = request.PostForm
			} else {
				separator := map[string]string{"query": "?", "fragment": "#"}[mode]
				tab.follow("go-on")
				after, _ := strings.CutPrefix(tab.landed, strangerPage+separator)
				got, _ = url.ParseQuery(after)
			}
			if got.Get("error") != c.want || got.Get("state") != "s-1" || got.Get("iss") != h.issuer {
				t.Errorf("%s by %s: the app gets %v", name, mode, got)
			}
		}
	}
	asks("prompt=none", out.open(s.address("prompt", "none"))).follow("stay").wants(http.StatusOK, "Sign in with your phone number")

	// A link that was made in the stranger's own browser.
	theirs := h.browser(t).open(s.address("response_mode", "form_post"))
	back := attribute(theirs.element("back"), "href")
	asks("the way back of another browser", out.open(h.issuer+back))
	// The one who was on that page went back by a press of their own.
	if theirs.follow("back"); theirs.hidden("error") != "access_denied" {
		t.Errorf("the way back: %s", theirs.text())
	}

	// Logout.
	tab := out.open(h.logout("client_id", s.id, "post_logout_redirect_uri", strangerBye, "state", "x")).wants(http.StatusOK, "You are not signed in here")
	if got := tab.follow("back").landed; got != strangerBye+"?state=x" {
		t.Errorf("the way on from logout is %q", got)
	}

	// A sign-in is never interrupted, and who is signed in is not asked.
	in := h.browser(t)
	s.redeem(s.code(in.open(s.address("scope", "openid phone")).sandboxSignIn().press("allow"))).ok()
	s.code(in.open(s.address("scope", "openid phone")))
	s.code(in.open(s.address("scope", "openid phone", "prompt", "none")))
	if got := in.open(s.address("scope", "nonsense")).answer(strangerPage).Get("error"); got != "invalid_scope" {
		t.Errorf("a fault, signed in: %q", got)
	}
	if got := h.browser(t).open(s.address("prompt", "consent")).sandboxSignIn().press("deny").answer(strangerPage).Get("error"); got != "access_denied" {
		t.Errorf("a refusal: %q", got)
	}
	if got := in.open(h.logout("client_id", s.id, "post_logout_redirect_uri", strangerBye)).press("sign-out").landed; got != strangerBye {
		t.Errorf("after signing out: %q", got)
	}
	// An app's own scheme is named as it is.
	app := h.stranger(t, dialtone.ClientPublic, "com.stranger.app:/callback")
	h.browser(t).open(app.address("scope", "nonsense")).wants(http.StatusBadRequest, "Do you want to go on to com.stranger.app?")

	h.stop() // what is kept for developers is written now
	h.sql(func(db *sql.DB) error {
		var silent, faults int
		err := db.QueryRowContext(t.Context(), `SELECT COUNT(CASE WHEN code = 'login_required' THEN 1 END), COUNT(CASE WHEN code = 'invalid_scope' THEN 1 END)
			FROM failed_request WHERE detail LIKE '%the browser was not sent on by itself%'`).Scan(&silent, &faults)
		if silent == 0 || faults == 0 {
			t.Errorf("the developers read of %d failed prompt=none and %d faults that the person was asked", silent, faults)
		}
		return err
	})
}

func TestAnAppThatSomebodyVouchedForHearsOfItAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		s := h.stranger(t, dialtone.ClientConfidential, strangerPage)
		reg, err := h.node.Catalog().Registration(t.Context(), s.id)
		if err != nil {
			t.Fatal(err)
		}
		b := h.browser(t)
		atOnce := func() bool {
			t.Helper()
			tab := b.open(s.address("prompt", "none"))
			if tab.landed == "" {
				tab.wants(http.StatusBadRequest, "Do you want to go on to stranger.example?")
				return false
			}
			return tab.answer(strangerPage).Get("error") == "login_required"
		}
		list := func(operator string, state dialtone.ListingState) {
			t.Helper()
			l := dialtone.Listing{ProductID: reg.Product.ID, OperatorID: operator, State: state}
			if err := h.node.Catalog().List(t.Context(), l, "apply", time.Now().UTC()); err != nil {
				t.Fatal(err)
			}
		}
		for _, step := range []struct {
			what  string
			state dialtone.ListingState
			want  bool
		}{
			{"nobody", "", false},
			{"automatic approval", dialtone.ListingOffered, false},
			{"a decision", dialtone.ListingEnabled, true},
			{"suspended", dialtone.ListingSuspended, false},
			{"enabled again", dialtone.ListingEnabled, true},
			{"declined", dialtone.ListingDeclined, false},
		} {
			if step.state != "" {
				list("fjord", step.state)
			}
			if got := atOnce(); got != step.want {
				t.Errorf("%s: at once is %v", step.what, got)
			}
		}
		list(directory.SandboxOperatorID, dialtone.ListingSuspended)
		list(directory.SandboxOperatorID, dialtone.ListingEnabled) // there nobody decides
		if atOnce() {
			t.Error("the sandbox vouches for nobody")
		}
		h.apply(fmt.Sprintf("clients: [{id: %s}]", s.id))
		if !atOnce() {
			t.Error("an administrator named the client in a document")
		}
	})
}

func TestASignOutThatNamesNoClientSignsOutAndLeadsNowhere(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "openid phone offline_access")
	tab := b.open(h.logout("post_logout_redirect_uri", signedOut, "state", "x")).wants(http.StatusOK, "Do you want to sign out?")
	if tab.press("sign-out").wants(http.StatusOK, "You are signed out"); tab.landed != "" || strings.Contains(tab.body, "example.com") {
		t.Errorf("landed at %q: %s", tab.landed, tab.body)
	}
	b.open(a.address()).wants(http.StatusOK, "Sign in to Storytime")
	a.refresh(tokens.text("refresh_token")).ok()
}

func TestASignOutWithoutABrowserEndsNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	b, tokens := a.tokens(kim, "scope", "openid phone")
	hint := tokens.text("id_token")
	for _, query := range []url.Values{form("id_token_hint", hint), form("id_token_hint", hint, "client_id", "client_story"), form()} {
		answer := h.send(t, http.MethodGet, "/oauth2/sessions/logout?"+query.Encode(), header("Accept-Language", "en"), "")
		if answer.status != http.StatusOK || !strings.Contains(answer.body, "You are not signed in here") || strings.Contains(answer.body, "You are signed out") {
			t.Errorf("%v: %d %s", slices.Collect(func(yield func(string) bool) {
				for name := range query {
					yield(name)
				}
			}), answer.status, answer.body)
		}
	}
	a.userinfo(tokens.text("access_token")).ok()
	a.code(b.open(a.address("scope", "openid phone", "prompt", "none")))
}
