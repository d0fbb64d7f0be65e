package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/legible"
)

func TestWhatHTTPPromisesOfABody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key(keyRights()...)
	create := func(contentType, coding, body string) reply {
		header := map[string]string{"Content-Type": contentType, "Content-Encoding": coding}
		return s.do(call{method: http.MethodPost, path: "/products", key: key, body: body, header: header})
	}
	const body = `{"name": "Weather"}`
	// RFC 9110 §8.3.1: media types are the same in capitals.
	for _, mediaType := range []string{"application/json", "Application/JSON", "APPLICATION/JSON; Charset=UTF-8"} {
		create(mediaType, "", body).want(http.StatusCreated)
	}
	create("application/json", "identity", body).want(http.StatusCreated)
	if coded := create("application/json", "gzip", "\x1f\x8b\x08"); coded.want(http.StatusUnsupportedMediaType).header.Get("Accept-Encoding") != "identity" {
		t.Errorf("a body with a content coding: %v", coded.header)
	}
	// RFC 9110 §15.5.16: what need not be text is refused for its type.
	zip := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/v1/products", nil)
	zip.Header.Set("Authorization", "Bearer "+key)
	zip.Header.Set("Content-Type", "application/gzip")
	zip.Body = legible.Body(io.NopCloser(strings.NewReader("\x1f\x8b\x08\x00")), "application/gzip", "")
	s.serve(zip).problem("unsupported-media-type")
	for _, twice := range []string{`{"name": "Weather", "name": "News"}`, `{"name": "Weather", "n\u0061me": "News"}`} {
		if p := create("application/json", "", twice).problem("malformed"); !strings.Contains(p.Detail, `"name" is there twice`) {
			t.Errorf("%s: %s", twice, p.Detail)
		}
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key(keyRights()...)
	path := "/clients/" + s.developer.Client.ID
	send := func(method, header, value, body string) reply {
		return s.do(call{method: method, path: path, key: key, body: body, header: map[string]string{header: value}})
	}
	tag := send(http.MethodGet, "Accept", "*/*", "").want(http.StatusOK).header.Get("ETag")
	for _, known := range []string{tag, "W/" + tag, `"a,b", ` + tag, "*"} {
		short := send(http.MethodGet, "If-None-Match", known, "").want(http.StatusNotModified)
		if short.header.Get("ETag") != tag || short.body != "" {
			t.Errorf("If-None-Match %s: %v %q", known, short.header, short.body)
		}
	}
	send(http.MethodGet, "If-None-Match", `"1", "2"`, "").want(http.StatusOK)

	// What was read may be sent back, whole.
	read := send(http.MethodGet, "Accept", "*/*", "").body
	same := send(http.MethodPut, "If-Match", `"1", `+tag, read).want(http.StatusOK)
	if same.body != read || same.header.Get("ETag") != tag {
		t.Errorf("a client sent back as it was read is another now:\n%s\n%s", read, same.body)
	}
	moved := strings.Replace(read, `"product_id":"`, `"product_id":"x`, 1)
	if p := send(http.MethodPut, "If-Match", tag, moved).problem("invalid"); len(p.Errors) != 1 || p.Errors[0].Field != "product_id" {
		t.Errorf("another product: %+v", p)
	}
	changed := send(http.MethodPut, "If-Match", tag, strings.Replace(read, `"refresh_grace_seconds":600`, `"refresh_grace_seconds":30`, 1)).want(http.StatusOK)
	if !strings.Contains(changed.body, `"refresh_grace_seconds":30`) {
		t.Errorf("changed: %s", changed.body)
	}
	send(http.MethodPut, "If-Match", tag, read).problem("changed-meanwhile")
	send(http.MethodPut, "If-Match", `"1", "2"`, read).problem("changed-meanwhile")
	send(http.MethodPut, "If-Match", "W/"+changed.header.Get("ETag"), read).problem("changed-meanwhile")
	send(http.MethodPut, "If-Match", "*", read).problem("precondition-required")

	// Who may not do it learns that first.
	key = s.key(catalog.ReadClients)
	for _, match := range []string{"*", "", tag} {
		send(http.MethodPut, "If-Match", match, read).problem("forbidden")
	}
}

func TestAMemberMayBeSentBackAsReadWithAnotherRole(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key(keyRights()...)
	path := "/members/" + s.viewer.ID
	read := s.do(call{method: http.MethodGet, path: path, key: key}).want(http.StatusOK).body
	if list := s.do(call{method: http.MethodGet, path: "/members", key: key}).want(http.StatusOK).body; !strings.Contains(list, strings.TrimSpace(read)) {
		t.Errorf("the list says %s, of the one %s", list, read)
	}
	send := func(body string) reply {
		return s.do(call{method: http.MethodPut, path: path, key: key, body: body})
	}
	send(read).want(http.StatusNoContent)
	promoted := strings.Replace(read, `"role":"viewer"`, `"role":"developer"`, 1)
	send(promoted).want(http.StatusNoContent)
	if now := s.do(call{method: http.MethodGet, path: path, key: key}).body; now != promoted {
		t.Errorf("now %s, want %s", now, promoted)
	}
	if p := send(strings.Replace(read, `"joined_at":"2`, `"joined_at":"3`, 1)).problem("invalid"); len(p.Errors) != 1 || p.Errors[0].Field != "joined_at" {
		t.Errorf("another time: %+v", p)
	}
	s.do(call{method: http.MethodGet, path: "/members/account_nobody", key: key}).problem("not-found")
}

func TestOneClientTooManyIsNoFaultOfAField(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key(keyRights()...)
	for range 99 {
		c := s.developer.NewClient()
		s.must(s.db.PutClient(t.Context(), c))
	}
	made := s.do(call{method: http.MethodPost, path: "/products/" + s.developer.Product.ID + "/clients", key: key,
		body: `{"description": "web", "redirect_uris": ["https://example.com/"]}`})
	if p := made.problem("conflict"); !strings.Contains(p.Detail, "at most 100 clients") || len(p.Errors) != 0 {
		t.Errorf("%+v", p)
	}
}
