package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// docs/promises.md, Bad input.

func TestARequestWithoutAGoodClientOrRedirectURIIsAPageWithAnErrorID(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	for name, c := range map[string]struct{ address, developer, log string }{
		"unknown client":            {a.address("client_id", "client_nobody"), "client_id is unknown", ""},
		"no client":                 {a.address("client_id", "-"), "client_id is missing", ""},
		"client_id twice":           {a.address() + "&client_id=client_other", "repeated", ""},
		"redirect_uri not encoded":  {a.address("redirect_uri", "https://example.com/callback%2F"), "redirect_uri is not registered", "client_story"},
		"a slash more":              {a.address("redirect_uri", callback+"/"), "redirect_uri is not registered", "goes on after the end"},
		"a query more":              {a.address("redirect_uri", callback+"?a=b"), "redirect_uri is not registered", "client_story"},
		"another case":              {a.address("redirect_uri", "https://example.com/Callback"), "redirect_uri is not registered", "differs from the registered one at character 21"},
		"another host":              {a.address("redirect_uri", "https://example.com.evil.example/callback"), "redirect_uri is not registered", "client_story"},
		"credentials":               {a.address("redirect_uri", "https://example.com@evil.example/callback"), "redirect_uri is not registered", "client_story"},
		"dots":                      {a.address("redirect_uri", "https://example.com/x/../callback"), "redirect_uri is not registered", "client_story"},
		"another client's":          {a.address("redirect_uri", "com.example.app:/callback"), "redirect_uri is not registered", "client_story"},
		"post-revoke redirect":      {a.address("redirect_uri", revoked), "redirect_uri is not registered", "client_story"},
		"redirect_uri twice":        {a.address() + "&redirect_uri=" + url.QueryEscape(callback), "repeated", ""},
		"redirect_uri in bad UTF-8": {h.issuer + "/oauth2/auth?client_id=client_story&redirect_uri=%ff", "not UTF-8", ""},
		"openid without redirect":   {a.address("redirect_uri", "-", "scope", "openid"), "redirect_uri is missing", ""},
		"loopback for a server":     {a.address("redirect_uri", "http://127.0.0.1/callback"), "redirect_uri is not registered", "client_story"},
	} {
		tab := h.browser(t).open(c.address)
		if tab.status != http.StatusBadRequest || tab.landed != "" || tab.heading() != "The app made a mistake" {
			t.Errorf("%s: %d %q, landed at %q", name, tab.status, tab.heading(), tab.landed)
			continue
		}
		id := visible(tab.element("error-id"))
		if !strings.HasPrefix(id, "er_") || !strings.Contains(tab.text(), c.developer) {
			t.Errorf("%s: error id %q: %s", name, id, tab.text())
		}
		if tab.shows("portal") {
			t.Errorf("%s: the page leads to a portal, though there is none", name)
		}
		if line := h.log.Line(id); line == "" || !strings.Contains(line, c.log) {
			t.Errorf("%s: under the error id the log has %q, want %q", name, line, c.log)
		}
		for element := range tab.root.Descendants() {
			if href := attribute(element, "href"); strings.Contains(href, "evil.example") {
				t.Errorf("%s: the page links to %s", name, href)
			}
		}
	}
}

func TestAnyOtherFaultInARequestGoesBackToTheApp(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	for name, c := range map[string]struct{ address, want string }{
		"no response_type":      {a.address("response_type", "-"), "invalid_request"},
		"response_type none":    {a.address("response_type", "none"), "unsupported_response_type"},
		"no scope":              {a.address("scope", "-"), "invalid_scope"},
		"unknown scope":         {a.address("scope", "phone profile"), "invalid_scope"},
		"scope by tab":          {a.address("scope", "phone\topenid"), "invalid_request"},
		"response_mode":         {a.address("response_mode", "query.jwt"), "invalid_request"},
		"prompt none login":     {a.address("prompt", "none login"), "invalid_request"},
		"max_age":               {a.address("max_age", "soon"), "invalid_request"},
		"claims":                {a.address("claims", "{"), "invalid_request"},
		"request":               {a.address("request", "e30.e30."), "request_not_supported"},
		"request_uri":           {a.address("request_uri", "https://example.com/r"), "request_uri_not_supported"},
		"registration":          {a.address("registration", "{}"), "registration_not_supported"},
		"plain PKCE":            {a.address("code_challenge", strings.Repeat("a", 43), "code_challenge_method", "plain"), "invalid_request"},
		"PKCE without method":   {a.address("code_challenge", strings.Repeat("a", 43)), "invalid_request"},
		"method alone":          {a.address("code_challenge_method", "S256"), "invalid_request"},
		"scope twice":           {a.address() + "&scope=openid", "invalid_request"},
		"nonce in bad UTF-8":    {a.address() + "&nonce=%c3%28", "invalid_request"},
		"bad percent":           {a.address() + "&nonce=%zz", "invalid_request"},
		"control character":     {a.address() + "&nonce=a%00b", "invalid_request"},
		"unknown twice":         {a.address() + "&x=1&x=2", "invalid_request"},
		"id_token_hint":         {a.address("id_token_hint", "nonsense", "prompt", "none"), "invalid_request"},
		"silence, nobody there": {a.address("prompt", "none"), "login_required"},
	} {
		values := h.browser(t).open(c.address).answer(callback)
		if values.Get("error") != c.want || values.Get("error_description") == "" || values.Get("state") != "s-1" || values.Get("iss") != h.issuer || values.Has("code") {
			t.Errorf("%s: the app got %v, want %s", name, values, c.want)
		}
	}
	twice := h.browser(t).open(a.address() + "&state=s-2").answer(callback)
	if twice.Get("error") != "invalid_request" || twice.Has("state") {
		t.Errorf("state twice: %v", twice)
	}
	// RFC 6749 §3.1: empty is omitted, unknown is ignored; resource may repeat (RFC 8707 §2).
	h.browser(t).open(a.address()+"&prompt=&state=&x=y&display=popup&resource=a&resource=b").wants(http.StatusOK, "Sign in to Storytime")
	// RFC 6749 §3.1.2.3: the only registered redirect URI is the default, and then the token request has none either.
	b := h.browser(t).open(a.address("redirect_uri", "-")).signIn(kim).press("allow")
	a.token("grant_type", "authorization_code", "code", a.code(b)).ok()
}

func TestABodyThatIsTooLargeOrOfAnotherKindIsInvalidAndStoresNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	credentials := basic("client_story", storySecret)
	code := ""
	if _, code = a.signedIn(kim); code == "" {
		t.Fatal("no code")
	}
	good := form("grant_type", "authorization_code", "code", code, "redirect_uri", callback).Encode()
	large := good + "&x=" + strings.Repeat("x", 64<<10)
	for _, path := range []string{"/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"} {
		for name, c := range map[string]struct{ contentType, body string }{
			"too large":      {formType, large},
			"JSON":           {"application/json", `{"grant_type":"client_credentials"}`},
			"multipart":      {"multipart/form-data; boundary=x", "--x--"},
			"no type":        {"", good},
			"twice":          {formType, good + "&code=" + code + "&token=a&token=b"},
			"bad UTF-8":      {formType, good + "&token=%ff"},
			"bad percent":    {formType, good + "&token=%f"},
			"NUL":            {formType, good + "&token=%00"},
			"unknown, twice": {formType, good + "&token=x&y=1&y=2"},
		} {
			r := h.send(t, http.MethodPost, path, header("Authorization", credentials, "Content-Type", c.contentType), c.body)
			if r.status != http.StatusBadRequest || r.text("error") != "invalid_request" || r.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s, %s: %d %s", path, name, r.status, r.body)
			}
		}
		if r := h.send(t, http.MethodGet, path+"?"+good, header("Authorization", credentials), ""); r.status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d %s", path, r.status, r.body)
		}
	}
	if h.count("client_grant") != 0 {
		t.Error("a refused request left a grant")
	}
	a.redeem(code).ok() // the code is not spent either

	// The authorization endpoint by POST, and its address.
	for name, c := range map[string]struct{ contentType, body string }{
		"too large": {formType, large}, "JSON": {"application/json", "{}"}, "no type": {"", good},
	} {
		if r := h.send(t, http.MethodPost, "/oauth2/auth", header("Content-Type", c.contentType), c.body); r.status != http.StatusBadRequest || r.header.Get("Location") != "" {
			t.Errorf("/oauth2/auth, %s: %d %s", name, r.status, r.header)
		}
		if r := h.send(t, http.MethodPost, "/oauth2/sessions/logout", header("Content-Type", c.contentType), c.body); r.status != http.StatusBadRequest || r.header.Get("Location") != "" {
			t.Errorf("/oauth2/sessions/logout, %s: %d %s", name, r.status, r.header)
		}
	}
	// Pages.
	tab := h.browser(t).open(a.address("prompt", "login"))
	request := tab.submission("send")
	body := form("r", tab.hidden("r"), "phone_number", robin, "x", strings.Repeat("x", 64<<10)).Encode()
	big, err := http.NewRequestWithContext(t.Context(), http.MethodPost, request.URL.String(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	big.Header = request.Header
	tab.load(big, nil)
	tab.wants(http.StatusBadRequest, "That could not be read")
	h.stop()
	if len(h.received(robin)) != 0 {
		t.Error("an SMS was sent")
	}
}

func TestAClientMustShowWhoItIs(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ask := func(authorization string, pairs ...string) reply {
		head := header("Content-Type", formType)
		if authorization != "" {
			head.Set("Authorization", authorization)
		}
		return h.send(t, http.MethodPost, "/oauth2/token", head, form(append(pairs, "grant_type", "client_credentials")...).Encode())
	}
	ask(basic("client_story", storySecret)).ok()
	ask("basic " + strings.TrimPrefix(basic("client_story", storySecret), "Basic ")).ok()
	ask("", "client_id", "client_story", "client_secret", storySecret).ok()
	ask(basic("client_story", storySecret), "client_id", "client_story").ok()
	// RFC 6749 §2.3.1: form-encoded first; many forget.
	ask(basic("client_odd", url.QueryEscape(oddSecret))).ok()
	ask("", "client_id", "client_odd", "client_secret", oddSecret).ok()

	wrong := ask(basic("client_story", "wrong")).wants(http.StatusUnauthorized, "invalid_client")
	unknown := ask(basic("client_nobody", "wrong")).wants(http.StatusUnauthorized, "invalid_client")
	// But for the error id, which every answer has: whether a client exists is not to be seen.
	bare := func(r reply) string { return strings.Replace(r.body, r.text("error_id"), "", 1) }
	if bare(wrong) != bare(unknown) || len(wrong.text("error_id")) != len(unknown.text("error_id")) || wrong.header.Get("WWW-Authenticate") != unknown.header.Get("WWW-Authenticate") {
		t.Errorf("a wrong secret gives %s, an unknown client %s", wrong.body, unknown.body)
	}
	if !strings.HasPrefix(wrong.header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("WWW-Authenticate: %q", wrong.header.Get("WWW-Authenticate"))
	}
	ask("", "client_id", "client_story", "client_secret", "wrong").wants(http.StatusUnauthorized, "invalid_client")
	ask("", "client_id", "client_story").wants(http.StatusUnauthorized, "invalid_client")
	ask("").wants(http.StatusUnauthorized, "invalid_client")
	ask("Bearer x").wants(http.StatusUnauthorized, "invalid_client")
	ask("Basic !").wants(http.StatusUnauthorized, "invalid_client")
	ask(basic("client_public", "guess")).wants(http.StatusUnauthorized, "invalid_client")
	ask(basic("client_story", otherSecret)).wants(http.StatusUnauthorized, "invalid_client")
	// RFC 6749 §2.3: one method only.
	ask(basic("client_story", storySecret), "client_id", "client_story", "client_secret", storySecret).wants(http.StatusBadRequest, "invalid_request")
	ask(basic("client_story", storySecret), "client_id", "client_other").wants(http.StatusBadRequest, "invalid_request")

	a := h.story(t)
	a.token("grant_type", "password").wants(http.StatusBadRequest, "unsupported_grant_type")
	a.token().wants(http.StatusBadRequest, "invalid_request")
	a.token("grant_type", "authorization_code").wants(http.StatusBadRequest, "invalid_request")
	a.token("grant_type", "refresh_token").wants(http.StatusBadRequest, "invalid_request")
	a.token("grant_type", "client_credentials", "scope", "openid").wants(http.StatusBadRequest, "invalid_scope")
	own := a.token("grant_type", "client_credentials").ok()
	if own.text("scope") != smsScope || own.text("refresh_token") != "" || own.text("id_token") != "" || own.text("token_type") != "bearer" {
		t.Errorf("client_credentials: %s", own.body)
	}
	for _, path := range []string{"/oauth2/revoke", "/oauth2/introspect"} {
		h.send(t, http.MethodPost, path, header("Content-Type", formType, "Authorization", basic("client_story", "wrong")), "token=x").wants(http.StatusUnauthorized, "invalid_client")
		a.post(path).wants(http.StatusBadRequest, "invalid_request")
	}
	for _, secret := range []string{storySecret, otherSecret, "so+on"} {
		if line := h.log.Line(secret); line != "" {
			t.Errorf("the log has a secret: %s", line)
		}
	}
}

func TestACodeIsGoodForItsAppOnceAndNotForLong(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b, code := a.signedIn(kim)
		h.other(t).redeem(code).wants(http.StatusBadRequest, "invalid_grant")
		h.app(t, "client_twin", storySecret).redeem(code).wants(http.StatusBadRequest, "invalid_grant")
		a.token("grant_type", "authorization_code", "code", code).wants(http.StatusBadRequest, "invalid_grant")
		a.token("grant_type", "authorization_code", "code", code, "redirect_uri", callback+"/").wants(http.StatusBadRequest, "invalid_grant")
		a.redeem(code+"x").wants(http.StatusBadRequest, "invalid_grant")
		a.redeem("dt_ac_nonsense").wants(http.StatusBadRequest, "invalid_grant")

		tokens := a.redeem(code).ok()
		fresh := a.refresh(tokens.text("refresh_token")).ok()
		// RFC 6749 §4.1.2: the second use kills what the first one yielded.
		replay := a.redeem(code).wants(http.StatusBadRequest, "invalid_grant")
		if !strings.Contains(replay.text("error_description"), "used before") {
			t.Errorf("the refusal does not say why: %s", replay.body)
		}
		for _, access := range []string{tokens.text("access_token"), fresh.text("access_token")} {
			a.userinfo(access).wants(http.StatusUnauthorized, "invalid_token")
			if a.active(access) {
				t.Error("introspection says active")
			}
		}
		for _, refresh := range []string{tokens.text("refresh_token"), fresh.text("refresh_token")} {
			why := a.refresh(refresh).wants(http.StatusBadRequest, "invalid_grant").text("error_description")
			if !strings.Contains(why, "code was used twice") {
				t.Errorf("the refresh's refusal does not say why: %s", why)
			}
		}
		if h.count("event WHERE kind = 'grant.code_replayed'") != 1 {
			t.Error("the developer does not learn of it")
		}

		late := a.code(b.open(a.address()))
		_, minter := h.keys()
		opened, err := minter.OpenCode(late)
		if err != nil {
			t.Fatal(err)
		}
		opened.Expires = opened.Expires.Add(-2 * 60e9)
		a.redeem(minter.Code(opened)).wants(http.StatusBadRequest, "invalid_grant")
	})
}
