package server

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// The bytes that are no text, as an address, a form and JSON write them.
var (
	illegibleEscapes = []string{"%00", "a%00b", "%FF", "%C3", "%ED%A0%80", "%C0%80"}
	illegibleBytes   = []string{"\x00", "\xff", "\xc3("}
	illegibleJSON    = []string{`\u0000`, `\ud800`, `\udc00x`, "\x00", "\xff"}
)

// TestWhatIsNoTextIsRefusedOnEveryListener sends it in every part of a request to every listener, on both engines: the answer is
// 4xx and never 5xx, and nothing reaches the database.
func TestWhatIsNoTextIsRefusedOnEveryListener(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := onThisMachine(t)
			c.Database = storetest.Address(t, engine)
			c.PortalURL, c.PortalListen, c.ConsoleListen = "http://localhost:8081", "127.0.0.1:0", "127.0.0.1:0"
			c.Inbox = message.NewInbox()
			addresses, _ := start(t, c)
			for name, address := range addresses {
				for _, request := range illegibleRequests(t, name, address) {
					refused(t, request)
				}
			}
		})
	}
}

// refused sends a request that must be answered with 4xx.
func refused(t *testing.T, r *http.Request) {
	t.Helper()
	body := ""
	if r.GetBody != nil {
		if copied, err := r.GetBody(); err == nil {
			content, _ := io.ReadAll(copied)
			body = string(content)
		}
	}
	answer, err := http.DefaultClient.Do(r) // a logout request by POST is sent on to itself by GET
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL, err)
		return
	}
	defer answer.Body.Close()
	content, _ := io.ReadAll(answer.Body)
	if answer.StatusCode < 400 || answer.StatusCode >= 500 {
		t.Errorf("%s %s %q %v: %d %s", r.Method, r.URL, body, r.Header, answer.StatusCode, content)
	}
	if answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s %s: no nosniff", r.Method, r.URL)
	}
}

// illegibleRequests are the requests for one listener.
func illegibleRequests(t *testing.T, name, address string) []*http.Request {
	t.Helper()
	var made []*http.Request
	add := func(method, path, contentType, body string, headers ...string) {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = strings.TrimPrefix(address, "http:") + path
		if contentType != "" {
			r.Header.Set("Content-Type", contentType)
		}
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		made = append(made, r)
	}
	const form, json = "application/x-www-form-urlencoded", "application/json"
	paths := map[string][]string{
		"identity": {"/asset/", "/x", "/.well-known/", "/oauth2/", "/sms/status/"},
		"portal":   {"/asset/", "/invitations/", "/products/", "/organizations/", "/docs/", "/api/v1/products/", "/signin/company/"},
		"console":  {"/"}, "metrics": {"/"},
	}[name]
	for _, path := range paths {
		for _, bad := range illegibleEscapes {
			add("GET", path+bad, "", "")
			add("POST", path+bad, form, "a=b")
		}
	}
	queries := map[string][]string{
		"identity": {"/?x=", "/signin?r=", "/revoke-consent?revoke_token=", "/userinfo?x=", "/healthz?"},
		"portal":   {"/signin?to=", "/signin/code?r=", "/docs/search?q=", "/api/v1/products?after=", "/requests?id=", "/signin/company/callback?state="},
		"console":  {"/?"}, "metrics": {"/metrics?"},
	}[name]
	for _, query := range queries {
		for _, bad := range illegibleEscapes {
			add("GET", query+bad, "", "")
		}
	}
	forms := map[string][]string{
		"identity": {"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/userinfo", "/signin", "/signin/pin", "/consent", "/oauth2/sessions/logout"},
		"portal":   {"/signin", "/signin/code", "/signin/company", "/signout"},
	}[name]
	for _, path := range forms {
		for _, bad := range append(illegibleEscapes, illegibleBytes...) {
			for _, field := range []string{"client_id", "organization", "email", "phone_number", "r", "to"} {
				add("POST", path, form, field+"="+bad, "Origin", address)
			}
			add("POST", path, form, bad+"=x", "Origin", address)
		}
	}
	switch name {
	case "identity":
		for _, pair := range []string{"%00:x", "\x00:x", "x:%00", "\xff:x", "%FF:x"} {
			add("POST", "/oauth2/token", form, "grant_type=client_credentials",
				"Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
		}
		add("GET", "/userinfo", "", "", "Authorization", "Bearer \xff")
	case "portal":
		for _, bad := range illegibleJSON {
			for _, path := range []string{"/signin/passkey/finish", "/api/v1/products"} {
				add("POST", path, json, `{"name":"`+bad+`","`+bad+`":1}`, "Origin", address)
			}
		}
		add("POST", "/api/v1/products", json, "{}", "Idempotency-Key", "\xff")
		body, boundary := multipartForm(t)
		add("POST", "/signin", boundary, body, "Origin", address)
	}
	return made
}

func multipartForm(t *testing.T) (body, contentType string) {
	t.Helper()
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	if err := writer.WriteField("email", "a\x00@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return form.String(), writer.FormDataContentType()
}

func TestWhatIsNoTextIsRefusedInTheFormOfTheFace(t *testing.T) {
	t.Parallel()
	c := onThisMachine(t)
	c.PortalURL, c.PortalListen, c.Inbox = "http://localhost:8081", "127.0.0.1:0", message.NewInbox()
	addresses, _ := start(t, c)
	for _, test := range []struct {
		at, mediaType string
		status        int
	}{
		{addresses["identity"] + "/asset/%00", "text/html; charset=utf-8", http.StatusNotFound},
		{addresses["identity"] + "/signin?r=%00", "text/html; charset=utf-8", http.StatusBadRequest},
		{addresses["identity"] + "/oauth2/%00", "application/json", http.StatusNotFound},
		{addresses["identity"] + "/oauth2/auth?client_id=%00", "text/html; charset=utf-8", http.StatusBadRequest},
		{addresses["portal"] + "/invitations/%00", "text/html; charset=utf-8", http.StatusNotFound},
		{addresses["portal"] + "/docs/search?q=%FF", "text/html; charset=utf-8", http.StatusBadRequest},
		{addresses["portal"] + "/api/v1/products/%00", "application/problem+json", http.StatusNotFound},
		{addresses["portal"] + "/api/v1/products?after=%00", "application/problem+json", http.StatusBadRequest},
		{addresses["metrics"] + "/%00", "text/plain; charset=utf-8", http.StatusNotFound},
	} {
		answer, err := http.Get(test.at)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != test.status || answer.Header.Get("Content-Type") != test.mediaType {
			t.Errorf("%s: %d %s, want %d %s", test.at, answer.StatusCode, answer.Header.Get("Content-Type"), test.status, test.mediaType)
		}
	}
}

func TestAHeaderThatNobodyReadsMayBeInLatin1(t *testing.T) {
	t.Parallel()
	var got http.Header
	handler, _, _ := guarded(func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	for header, want := range map[string]int{"X-Geo-City": http.StatusOK, "User-Agent": http.StatusOK, "Authorization": http.StatusBadRequest} {
		w, r := record("GET", "/thing/1")
		r.Header.Set(header, "Malm\xf6")
		handler.ServeHTTP(w, r)
		if w.Code != want || w.Code == http.StatusOK && got.Get(header) != "" {
			t.Errorf("%s: status %d, want %d; the handler sees %q", header, w.Code, want, got.Get(header))
		}
	}
}

// FuzzIllegible: whatever stands in a path, a query, a form and the credentials, the answer is never 5xx, on both engines.
func FuzzIllegible(f *testing.F) {
	for _, seed := range append(append(illegibleEscapes, illegibleBytes...), illegibleJSON...) {
		f.Add(seed)
	}
	var handlers []http.Handler
	for _, engine := range storetest.EngineNames {
		handlers = append(handlers, wholeIdentity(f, engine)...)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, handler := range handlers {
			for _, r := range fuzzedRequests(text) {
				w, _ := record("GET", "/")
				handler.ServeHTTP(w, r)
				if w.Code >= 500 {
					t.Errorf("%s %s with %q: %d %s", r.Method, r.URL, text, w.Code, w.Body)
				}
			}
		}
	})
}

// wholeIdentity returns the public listeners of a node that opens no socket.
func wholeIdentity(f *testing.F, engine string) []http.Handler {
	f.Helper()
	c := Config{
		Issuer: "http://localhost:8080", IdentityListen: "127.0.0.1:0", PortalURL: "http://localhost:8081", PortalListen: "127.0.0.1:0",
		Inbox: message.NewInbox(), Storage: Storage{Database: storetest.Address(f, engine), RootKey: secret.NewRoot().Text()},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	s, err := New(context.Background(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	var made []http.Handler
	for _, l := range s.listeners {
		made = append(made, guard{listener: l, log: s.log, metrics: s.metrics, stopping: &s.stopping})
	}
	return made
}

func fuzzedRequests(text string) []*http.Request {
	var made []*http.Request
	add := func(method, path, query, contentType, body string) {
		_, r := record(method, "/")
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text+":"+text)))
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		made = append(made, r)
	}
	const form, json = "application/x-www-form-urlencoded", "application/json"
	for _, path := range []string{"/asset/", "/invitations/", "/api/v1/products/"} {
		add("GET", path+text, "", form, "")
	}
	for _, path := range []string{"/oauth2/auth", "/signin", "/oauth2/sessions/logout"} {
		add("GET", path, "client_id="+text+"&r="+text, form, "")
	}
	for _, path := range []string{"/oauth2/token", "/oauth2/introspect", "/signin", "/signin/company", "/oauth2/sessions/logout"} {
		add("POST", path, "", form, fmt.Sprintf("client_id=%s&grant_type=refresh_token&refresh_token=%[1]s&organization=%[1]s&email=%[1]s", text))
	}
	add("POST", "/signin/passkey/finish", "", json, `{"state":"`+text+`"}`)
	return made
}
