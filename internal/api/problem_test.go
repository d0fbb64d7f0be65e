package api_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/api"
	"github.com/dialtone-id/dialtone/internal/catalog"
)

func TestBadRequestsAreRefusedWithWhatToChange(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	products := "/products/" + s.developer.Product.ID
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	for _, test := range []struct {
		name   string
		call   call
		status int
		kind   string
		want   string // in the answer
	}{
		{"unknown address", call{method: "GET", path: "/nothing"}, 404, "not-found", "/docs/api"},
		{"address with a slash at its end", call{method: "GET", path: "/products/"}, 404, "not-found", "/docs/api"},
		{"address that would be cleaned", call{method: "GET", path: "//products"}, 404, "not-found", "/docs/api"},
		{"wrong method", call{method: "PATCH", path: "/products"}, 405, "method-not-allowed", "GET, HEAD, POST"},
		{"preflight of a browser", call{method: "OPTIONS", path: "/products"}, 405, "method-not-allowed", "POST"},
		{"form", call{method: "POST", path: "/products", body: "name=x", header: form}, 415, "unsupported-media-type", "application/json"},
		{"other charset", call{method: "POST", path: "/products", body: "{}", header: map[string]string{"Content-Type": "application/json; charset=latin1"}}, 415, "unsupported-media-type", "application/json"},
		{"no body", call{method: "POST", path: "/products"}, 400, "malformed", "body"},
		{"no JSON", call{method: "POST", path: "/products", body: `{"name": }`}, 400, "malformed", "byte 10"},
		{"bad UTF-8", call{method: "POST", path: "/products", body: "{\"name\": \"\xff\"}"}, 400, "malformed", "UTF-8"},
		{"no object", call{method: "POST", path: "/products", body: `[]`}, 422, "invalid", `"#"`},
		{"unknown member", call{method: "POST", path: "/products", body: `{"name": "x", "colour": "red"}`}, 422, "invalid", `"#/colour"`},
		{"member in other letters", call{method: "POST", path: "/products", body: `{"Name": "x"}`}, 400, "malformed", "Name"},
		{"missing member", call{method: "POST", path: "/products", body: `{}`}, 422, "invalid", `"#/name"`},
		{"wrong type", call{method: "POST", path: products + "/clients", body: `{"description": "x", "redirect_uris": [1]}`}, 422, "invalid", `"redirect_uris.0"`},
		{"redirect URI", call{method: "POST", path: products + "/clients", body: `{"description": "x", "redirect_uris": ["https://a.example/", "http://b.example/*"]}`}, 422, "invalid", `"#/redirect_uris/1"`},
		{"secret that is expired at once", call{method: "POST", path: products + "/clients", body: `{"description": "x", "redirect_uris": ["https://a.example/"], "secret_expires_at": "2020-01-01T00:00:00Z"}`}, 422, "invalid", `"#/secret_expires_at"`},
		{"unknown parameter", call{method: "GET", path: "/products?page=2"}, 422, "invalid", `"parameter":"page"`},
		{"limit", call{method: "GET", path: "/products?limit=1000"}, 422, "invalid", `"parameter":"limit"`},
		{"cursor that was made up", call{method: "GET", path: "/activity?after=x"}, 422, "invalid", `"parameter":"after"`},
		{"cursor of no product", call{method: "GET", path: "/products?after=x"}, 404, "not-found", "id"},
		{"range of time", call{method: "GET", path: products + "/analytics?from=2026-03-02T00:00:00Z&to=2026-02-01T00:00:00Z"}, 422, "invalid", `"parameter":"to"`},
		{"no time", call{method: "GET", path: products + "/analytics?from=yesterday"}, 422, "invalid", `"parameter":"from"`},
		{"unknown id", call{method: "GET", path: "/products/none"}, 404, "not-found", "id"},
		{"no picture", call{method: "PUT", path: products + "/icon", body: "GIF89a", header: map[string]string{"Content-Type": "image/png"}}, 422, "invalid", `"icon"`},
		{"JSON as a picture", call{method: "PUT", path: products + "/icon", body: "{}"}, 415, "unsupported-media-type", "image/svg+xml"},
		{"owner by a key", call{method: "POST", path: "/invitations", body: `{"email": "a@b.example", "role": "owner"}`}, 403, "forbidden", "portal"},
		{"last owner", call{method: "DELETE", path: "/members/" + s.developer.Account.ID}, 403, "forbidden", "portal"},
		{"operator who reviews", call{method: "POST", path: products + "/listings", body: `{"operator_id": "nordtel"}`}, 409, "incomplete", `"Icon"`},
		{"unknown operator", call{method: "POST", path: products + "/listings", body: `{"operator_id": "none"}`}, 404, "not-found", "id"},
	} {
		test.call.key = key
		got := s.do(test.call)
		if got.status != test.status {
			t.Errorf("%s: status %d, want %d: %s", test.name, got.status, test.status, got.body)
			continue
		}
		got.problem(test.kind)
		if !strings.Contains(got.body, test.want) {
			t.Errorf("%s: %s does not say %s", test.name, got.body, test.want)
		}
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	body := `{"name": "` + strings.Repeat("x", 256<<10) + `"}`
	s.do(call{method: "POST", path: "/products", key: s.key(), body: body}).want(http.StatusRequestEntityTooLarge).problem("too-large")
	picture := call{method: "PUT", path: "/products/" + s.developer.Product.ID + "/icon", key: s.key(), body: strings.Repeat("x", 10<<20), header: map[string]string{"Content-Type": "image/png"}}
	s.do(picture).want(http.StatusRequestEntityTooLarge).problem("too-large")
}

func TestOnlyLiveKeysOpenTheAPI(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key, revoked := s.key(), s.key(catalog.ReadOrganization)
	actor, err := s.catalog.AuthenticateAPIKey(t.Context(), revoked, s.clock())
	s.must(err)
	s.must(s.catalog.RevokeAPIKey(t.Context(), s.owner(), s.developer.Organization.ID, actor.APIKeyID, s.clock()))
	for name, authorize := range map[string]func(*http.Request){
		"nothing":              func(*http.Request) {},
		"a word":               func(r *http.Request) { r.Header.Set("Authorization", key) },
		"an unknown key":       func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+key+"x") },
		"a revoked key":        func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+revoked) },
		"a key and a password": func(r *http.Request) { r.SetBasicAuth(key, "x") },
		"a key as a password":  func(r *http.Request) { r.SetBasicAuth("", key) },
		"two headers": func(r *http.Request) {
			r.Header["Authorization"] = []string{"Bearer " + key, "Bearer " + key}
		},
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/organization", nil)
		authorize(r)
		got := s.serve(r).want(http.StatusUnauthorized)
		got.problem("unauthorized")
		if challenges := got.header.Values("WWW-Authenticate"); len(challenges) != 2 {
			t.Errorf("%s: WWW-Authenticate %q", name, challenges)
		}
	}
	for name, authorize := range map[string]func(*http.Request){
		"Bearer": func(r *http.Request) { r.Header.Set("Authorization", "bearer "+key) },
		"Basic":  func(r *http.Request) { r.SetBasicAuth(key, "") },
	} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/organization", nil)
		authorize(r)
		if got := s.serve(r); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
}

// A browser that was once given the key by HTTP Basic sends it along with the forms of other sites.
func TestOtherSitesCannotUseAKeyThatABrowserKnows(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	secrets := "/clients/" + s.developer.Client.ID + "/secrets/" + s.developer.Client.Secrets[0].ID
	s.do(call{method: "DELETE", path: secrets, key: s.key(), header: map[string]string{"Sec-Fetch-Site": "cross-site"}}).
		want(http.StatusForbidden).problem("cross-origin")
	s.do(call{method: "DELETE", path: secrets, key: s.key()}).want(http.StatusNoContent)
}

func TestAKeyMaySendSoManyRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key, other := s.key(), s.key()
	s.mu.Lock()
	start := s.now
	s.mu.Unlock()
	var got reply
	for range 101 {
		s.mu.Lock()
		s.now = start
		s.mu.Unlock()
		got = s.do(call{method: "GET", path: "/organization", key: key})
	}
	got.want(http.StatusTooManyRequests).problem("too-many-requests")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
	s.do(call{method: "GET", path: "/organization", key: other}).want(http.StatusOK)
	s.mu.Lock()
	s.now = start.Add(time.Second)
	s.mu.Unlock()
	s.do(call{method: "GET", path: "/organization", key: key}).want(http.StatusOK)
}

// TestFaultsShowAnIDAndNothingElse closes the database under the API.
func TestFaultsShowAnIDAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	s.must(s.db.Close())
	got := s.do(call{method: "GET", path: "/organization", key: key})
	if got.status != http.StatusInternalServerError && got.status != http.StatusServiceUnavailable {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var p api.Problem
	got.json(&p)
	if p.ErrorID == "" || !strings.Contains(s.log.String(), p.ErrorID) {
		t.Errorf("the error id %q is not in the log: %s", p.ErrorID, s.log.String())
	}
	if strings.Contains(got.body, "sql") || strings.Contains(s.log.String(), key) {
		t.Errorf("answer %s, log %s", got.body, s.log.String())
	}
}

// TestAnEarlierVersionIsNotOverwritten: two programs edit at once, and the second is told.
func TestAnEarlierVersionIsNotOverwritten(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	for _, test := range []struct{ path, first, second, changed string }{
		{"/products/" + s.developer.Product.ID, `{"name": "First"}`, `{"name": "Second"}`, "First"},
		{"/products/" + s.developer.Product.ID + "/scopes", `{"scopes": [{"name": "phone"}]}`, `{"scopes": []}`, "phone"},
		{
			"/clients/" + s.developer.Client.ID, `{"description": "First", "redirect_uris": ["https://a.example/"]}`,
			`{"description": "Second", "redirect_uris": ["https://a.example/"]}`, "First",
		},
	} {
		seen := s.do(call{method: "GET", path: test.path, key: key}).want(http.StatusOK).header.Get("ETag")
		put := func(body, match string) reply {
			return s.do(call{method: "PUT", path: test.path, key: key, body: body, header: map[string]string{"If-Match": match}})
		}
		put(test.first, seen).want(http.StatusOK)
		late := put(test.second, seen).want(http.StatusPreconditionFailed)
		late.problem("changed-meanwhile")
		if !strings.Contains(late.body, `"current":{`) || !strings.Contains(late.body, test.changed) {
			t.Errorf("%s: the present one is not shown: %s", test.path, late.body)
		}
		for _, match := range []string{`"other"`, "W/" + late.header.Get("ETag")} {
			put(test.second, match).want(http.StatusPreconditionFailed)
		}
		for _, match := range []string{"", "*"} {
			put(test.second, match).want(http.StatusPreconditionRequired).problem("precondition-required")
		}
		put(test.second, late.header.Get("ETag")).want(http.StatusOK)
	}
}

func TestListsComeInParts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	for _, name := range []string{"Alpha", "Beta", "Gamma"} {
		s.do(call{method: "POST", path: "/products", key: key, body: `{"name": "` + name + `"}`}).want(http.StatusCreated)
	}
	for _, start := range []string{"/products?limit=2", "/activity?limit=2"} {
		var ids []string
		for path := start; path != ""; {
			got := s.do(call{method: "GET", path: path, key: key}).want(http.StatusOK)
			var list struct {
				Items []struct{ ID string }
				Next  string
			}
			got.json(&list)
			for _, item := range list.Items {
				ids = append(ids, item.ID)
			}
			if len(list.Items) > 2 || (list.Next == "") != (got.header.Get("Link") == "") {
				t.Fatalf("%s: %d items, next %q, link %q", path, len(list.Items), list.Next, got.header.Get("Link"))
			}
			path = ""
			if list.Next != "" {
				address, ok := strings.CutSuffix(got.header.Get("Link"), `>; rel="next"`)
				path, _ = strings.CutPrefix(address, "<"+portal+"/api/v1")
				if !ok || !strings.Contains(path, "limit=2") {
					t.Fatalf("Link %q", got.header.Get("Link"))
				}
			}
		}
		distinct := slices.Compact(slices.Sorted(slices.Values(ids)))
		if len(ids) < 5 || len(distinct) != len(ids) {
			t.Errorf("%s: %d items, %d different ones", start, len(ids), len(distinct))
		}
	}
	found := s.do(call{method: "GET", path: "/products?search=alph", key: key}).want(http.StatusOK)
	if strings.Count(found.body, `"name":"`) != 1 || !strings.Contains(found.body, "Alpha") {
		t.Errorf("search found %s", found.body)
	}
}
