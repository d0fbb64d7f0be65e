package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func newTestAssets(t *testing.T, content string) *Assets {
	t.Helper()
	a, err := NewAssets(fstest.MapFS{"static/app.css": {Data: []byte(content)}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(handler http.Handler, path, encoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestAddressOfAStaticFileChangesWithItsContent(t *testing.T) {
	t.Parallel()
	one, err := newTestAssets(t, "a{}").Address("app.css")
	if err != nil {
		t.Fatal(err)
	}
	two, err := newTestAssets(t, "b{}").Address("app.css")
	if err != nil {
		t.Fatal(err)
	}
	if one == two || !strings.HasPrefix(one, "/static/app.") || !strings.HasSuffix(one, ".css") {
		t.Errorf("%s and %s", one, two)
	}
	if _, err := newTestAssets(t, "").Address("other.css"); err == nil {
		t.Error("a file that is not there has an address")
	}
}

func TestStaticFilesAreKeptForever(t *testing.T) {
	t.Parallel()
	style := strings.Repeat("a{color:red}", 20) // long enough to be compressed
	a := newTestAssets(t, style)
	address, err := a.Address("app.css")
	if err != nil {
		t.Fatal(err)
	}
	plain := get(a, address, "")
	if plain.Code != http.StatusOK || plain.Body.String() != style || plain.Header().Get("Content-Encoding") != "" {
		t.Errorf("%d %q", plain.Code, plain.Body)
	}
	if got := plain.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Error(got)
	}
	zipped := get(a, address, "gzip, br")
	reader, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(reader); err != nil || string(body) != style {
		t.Errorf("unzipped: %q, %v", body, err)
	}
}

func TestUnknownStaticFilesAreNotFound(t *testing.T) {
	t.Parallel()
	a := newTestAssets(t, "a{}")
	for _, path := range []string{
		"/static/app.css", "/static/", "/static/../assets.go", "/static/brand/.css", "/static/brand/12345.css", "/static/brand/1234567.css",
		"/static/brand/FFFFFF.css", "/static/brand/zzzzzz.css", "/static/brand/ffffff.css.map",
	} {
		if w := get(a, path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestBrandStylesheetIsServed(t *testing.T) {
	t.Parallel()
	w := get(newTestAssets(t, ""), brandAddress("#0F766E"), "")
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "--band:#0f766e") || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%d %s %s", w.Code, w.Header(), w.Body)
	}
}
