package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/dialtone-id/dialtone/internal/catalog"
)

// TestAPatchLeavesWhatIsAbsentAndEmptiesWhatIsNull walks every member that PUT takes: one that PATCH forgets fails here.
func TestAPatchLeavesWhatIsAbsentAndEmptiesWhatIsNull(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, thing := range []struct {
		address string
		usual   map[string]any // what null gives; nil: it is refused
		whole   map[string]any
	}{
		{
			"/products/" + s.developer.Product.ID,
			map[string]any{"name": nil, "subtitle": "", "description": "", "price": "", "terms_url": "", "privacy_url": "", "support": ""},
			map[string]any{
				"name": "Weather", "subtitle": "Rain", "description": "Long", "price": "Free", "terms_url": "https://example.com/t",
				"privacy_url": "https://example.com/p", "support": "help@example.com",
			},
		},
		{
			"/clients/" + s.developer.Client.ID,
			map[string]any{
				"description": nil, "auth_method": "client_secret_basic", "redirect_uris": nil, "post_revoke_redirect_uris": []any{},
				"post_logout_redirect_uris": []any{}, "id_token_algorithm": "RS256",
			},
			map[string]any{
				"description": "Web", "auth_method": "client_secret_post", "redirect_uris": []any{"https://example.com/callback"},
				"post_revoke_redirect_uris": []any{"https://example.com/r"}, "post_logout_redirect_uris": []any{"https://example.com/l"},
				"id_token_algorithm": "ES256",
			},
		},
	} {
		key := s.key(catalog.ReadProducts, catalog.WriteProducts, catalog.ReadClients, catalog.WriteClients)
		read := func() map[string]any {
			var got map[string]any
			s.must(json.Unmarshal([]byte(s.change(http.MethodGet, thing.address, key, nil, http.StatusOK)), &got))
			return got
		}
		s.change(http.MethodPut, thing.address, key, thing.whole, http.StatusOK)
		for _, member := range slices.Sorted(maps.Keys(thing.whole)) {
			want, status := read(), http.StatusOK
			if usual := thing.usual[member]; usual == nil {
				status = http.StatusUnprocessableEntity
			} else {
				want[member] = usual
			}
			s.change(http.MethodPatch, thing.address, key, map[string]any{member: nil}, status)
			got := read()
			delete(got, "updated_at")
			delete(want, "updated_at")
			delete(got, "consent_version")
			delete(want, "consent_version")
			if g, w := jsonOf(t, got), jsonOf(t, want); g != w {
				t.Errorf("%s %s: null\n got %s\nwant %s", thing.address, member, g, w)
			}
			s.change(http.MethodPatch, thing.address, key, map[string]any{member: thing.whole[member]}, http.StatusOK)
			if got := jsonOf(t, read()[member]); got != jsonOf(t, thing.whole[member]) {
				t.Errorf("%s %s is %s", thing.address, member, got)
			}
		}
	}
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// change sends a body, if there is one, with the ETag of what is there now, and returns the answer.
func (s *stage) change(method, path, key string, body any, status int) string {
	s.t.Helper()
	c := call{method: method, path: path, key: key, header: map[string]string{}}
	if body != nil {
		text, err := json.Marshal(body)
		s.must(err)
		c.body = string(text)
		c.header["If-Match"] = s.do(call{method: http.MethodGet, path: path, key: key}).want(http.StatusOK).header.Get("ETag")
	}
	if method == http.MethodPatch {
		c.header["Content-Type"] = "application/merge-patch+json"
	}
	return s.do(c).want(status).body
}
