package guide

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/docs"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

const openAPI = `{
	"tags": [{"name": "Products"}],
	"paths": {"/api/v1/products": {"post": {
		"operationId": "create-product", "summary": "Create a product", "tags": ["Products"], "x-right": "products:write",
		"x-curl": "curl https://portal.example/api/v1/products", "x-answer": {"id": "product_1"},
		"parameters": [{"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}, "description": "Once only."}],
		"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}}},
		"responses": {"201": {"description": "It is there.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Product"}}}},
			"4XX": {"$ref": "#/components/responses/Problem"}}
	}}},
	"components": {
		"schemas": {"Product": {"type": "object", "required": ["name"], "properties": {
			"name": {"type": "string", "description": "As people read it."},
			"scopes": {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/Scope"}}}},
			"Scope": {"type": "object", "properties": {"optional": {"type": "boolean"}}}},
		"responses": {"Problem": {"description": "What to change."}}
	}
}`

func newRoom(t *testing.T) *Room {
	t.Helper()
	face, err := page.NewFace()
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(Config{
		Desk: &desk.Desk{}, Face: face, Catalog: catalog.New(storetest.New(t)), Guide: docs.Guide, OpenAPI: []byte(openAPI),
		Issuer: "https://id.example", Portal: "https://portal.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	if m.Desk.Room, err = face.Room(files); err != nil {
		t.Fatal(err)
	}
	return m
}

// read gets a page of the guide as somebody who is not signed in.
func read(t *testing.T, m *Room, address string) (int, string) {
	t.Helper()
	mux := http.NewServeMux()
	for pattern, handler := range map[string]desk.Handler{
		"GET /docs": m.ShowDocs, "GET /docs/{page}": m.ShowDocs, "GET /docs/search": m.Search, "GET /docs/api": m.ShowReference,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { handler(w, r, desk.Visit{Now: time.Now()}) })
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
	return w.Code, w.Body.String()
}

var (
	links = regexp.MustCompile(`href="(/docs[^"]*|#[^"]*)"`)
	ids   = regexp.MustCompile(` id="([^"]+)"`)
	brace = regexp.MustCompile(`\{[a-z_]+\}`)
)

func TestEveryPageOfTheGuideIsShownAndItsLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	m := newRoom(t)
	all := m.contents("").Pages
	for _, entry := range all {
		all = append(all, entry.Parts...)
	}
	for _, entry := range all {
		status, body := read(t, m, entry.Address)
		if status != http.StatusOK || strings.Count(body, "<h1>") != 1 {
			t.Fatalf("%s: %d with %d headings", entry.Address, status, strings.Count(body, "<h1>"))
		}
		for _, left := range brace.FindAllString(body, -1) {
			if left != "{product}" { // the words of the removal page, not a value
				t.Errorf("%s: the value %s is not put in", entry.Address, left)
			}
		}
		for _, link := range links.FindAllStringSubmatch(body, -1) {
			address, fragment, _ := strings.Cut(link[1], "#")
			if address == "" {
				address = entry.Address
			}
			status, target := read(t, m, address)
			if status != http.StatusOK {
				t.Errorf("%s links to %s: %d", entry.Address, link[1], status)
			}
			if fragment != "" && fragment != "main" && !strings.Contains(target, ` id="`+fragment+`"`) {
				t.Errorf("%s links to %s: there is no such place", entry.Address, link[1])
			}
		}
		seen := make(map[string]bool)
		for _, id := range ids.FindAllStringSubmatch(body, -1) {
			if seen[id[1]] {
				t.Errorf("%s: the id %s is there twice", entry.Address, id[1])
			}
			seen[id[1]] = true
		}
	}
	if status, _ := read(t, m, "/docs/nothing"); status != http.StatusNotFound {
		t.Errorf("a page that is not there: %d", status)
	}
}

func TestThePartsOfAPageAreListedWhileItIsRead(t *testing.T) {
	t.Parallel()
	m := newRoom(t)
	for address, want := range map[string]bool{"/docs/get-started": false, "/docs/libraries": true, "/docs/django": true, "/docs/api": false} {
		_, body := read(t, m, address)
		list, _, _ := strings.Cut(body, "<article")
		if got := strings.Contains(list, `href="/docs/django"`); got != want {
			t.Errorf("%s lists the pages on libraries: %t", address, got)
		}
	}
}

func TestTheReadersOwnClientStandsInTheExamples(t *testing.T) {
	t.Parallel()
	m := newRoom(t)
	client := dialtone.Client{
		ID: "client_<mine>", ClientSettings: dialtone.ClientSettings{
			Description: "mine", RedirectURIs: []string{"https://mine.example/cb?a=1&b=2"}, PostRevokeRedirectURIs: []string{"https://mine.example/gone"},
		},
	}
	got := withoutColours(string(values{issuer: m.Issuer, portal: m.Portal, client: client}.fill(m.guide[0].html)))
	for _, want := range []string{"CLIENT_ID=client_&lt;mine&gt;", "REDIRECT_URI=https://mine.example/cb?a=1&amp;b=2", "ISSUER=https://id.example"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if _, body := read(t, m, "/docs"); !strings.Contains(body, "YOUR_CLIENT_ID") || !strings.Contains(body, "/signin?to=/docs/get-started") {
		t.Error("somebody who is not signed in is not told how to see the own client id")
	}
}

// withoutColours takes the marks of coloured code away.
func withoutColours(page string) string {
	return regexp.MustCompile(`<span class="code-[a-z]+">|</span>`).ReplaceAllString(page, "")
}

func TestNoBraceOfTheGuideIsLeftUnfilled(t *testing.T) {
	t.Parallel()
	m := newRoom(t)
	filled := values{issuer: m.Issuer, portal: m.Portal}
	for _, page := range m.guide {
		got := withoutColours(string(filled.fill(page.html)))
		for i, brace := range filled.pairs() {
			if i%2 == 0 && strings.Contains(got, brace) {
				t.Errorf("%s: %s is left", page.Name, brace)
			}
		}
	}
}

func TestTheReadersClientIsNamedWithItsProduct(t *testing.T) {
	t.Parallel()
	m, db := newRoom(t), storetest.New(t)
	m.Catalog = catalog.New(db)
	d := storetest.NewDeveloper(t, db)
	w := httptest.NewRecorder()
	v := desk.Visit{Account: d.Account, Actor: dialtone.Actor{AccountID: d.Account.ID}, Now: time.Now()}
	m.ShowDocs(w, httptest.NewRequest(http.MethodGet, "/docs", nil), v)
	for _, want := range []string{"your client “" + d.Client.Description + "” of " + d.Product.Name + ".", "CLIENT_ID=" + d.Client.ID} {
		if !strings.Contains(withoutColours(w.Body.String()), want) {
			t.Errorf("%q is missing", want)
		}
	}
}

func TestSearchFindsSectionsWithAllWords(t *testing.T) {
	t.Parallel()
	m := newRoom(t)
	for query, want := range map[string]string{
		"invalid_grant":       "/docs/errors",
		"Revoke-Consent LINK": "/docs/consent#the-revoke-consent-link",
		"rotate outage":       "/docs/going-live#4-rotate-secrets-without-an-outage",
		"create a product":    "/docs/api#create-product",
	} {
		_, body := read(t, m, "/docs/search?q="+url.QueryEscape(query))
		_, hits, _ := strings.Cut(body, `class="hits"`)
		if !strings.Contains(hits, `href="`+want) {
			t.Errorf("%q does not find %s", query, want)
		}
	}
	if _, body := read(t, m, "/docs/search?q=redirect_uri"); !strings.Contains(body, "YOUR_CLIENT_ID") || strings.Contains(body, "{client_id}") {
		t.Error("what is found shows braces instead of values")
	}
	for _, nothing := range []string{"xyzzy", "", "   ", "<script>alert(1)</script>", strings.Repeat("a", 5000)} {
		status, body := read(t, m, "/docs/search?q="+url.QueryEscape(nothing))
		if field := `value="` + html.EscapeString(nothing) + `"`; !strings.Contains(body, field) {
			t.Errorf("%.20q: the field does not keep it", nothing)
		}
		if status != http.StatusOK || strings.Contains(body, `class="hits"`) || strings.Contains(body, "<script>alert") {
			t.Errorf("%.20q: %d", nothing, status)
		}
	}
}

func TestTheReferenceShowsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	_, body := read(t, newRoom(t), "/docs/api")
	for _, want := range []string{
		"Create a product", "products:write", "Idempotency-Key", "Once only.", "scopes[].optional", "array of object", "What to change.", "&#34;product_1&#34;",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestMarkupInTheGuideIsNoMarkupOnThePage(t *testing.T) {
	t.Parallel()
	a, err := render("x", []byte("# Title\n\n<script>alert(1)</script>\n\n```sh\necho '<b>'\n```\n\n```json\n{\"a\": \"<b>\"}\n```\n"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(a.html, "data-copy") != 1 {
		t.Errorf("want a copy button at the command and none at the answer: %s", a.html)
	}
	if strings.Contains(a.html, "<script") || strings.Contains(a.html, "<b>") || !strings.Contains(a.html, "&lt;b&gt;") {
		t.Error(a.html)
	}
	if _, err := render("x", []byte("no heading")); err == nil {
		t.Error("a page without a title passes")
	}
}

func TestEveryTableOfAPageHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	guide, err := readGuide(docs.Guide)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, a := range guide {
		names := make(map[string]bool)
		for _, match := range regexp.MustCompile(`role="region" aria-label="([^"]*)"`).FindAllStringSubmatch(a.html, -1) {
			if found++; names[match[1]] {
				t.Errorf("%s has two tables named %q", a.Name, match[1])
			}
			names[match[1]] = true
		}
	}
	if found == 0 {
		t.Error("the guide has no table")
	}
	rendered, err := render("two", []byte("# T\n\n## A & B\n\n| x |\n|-|\n| 1 |\n\nand\n\n| y |\n|-|\n| 2 |\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`aria-label="Table: A &amp; B"`, `aria-label="Table: A &amp; B, 2"`} {
		if !strings.Contains(rendered.html, want) {
			t.Errorf("%s lacks %s", rendered.html, want)
		}
	}
}

// A brace that a token's end had cut in two would be shown to the reader as it is.
func TestEveryBraceOfTheGuideIsWholeInColouredCode(t *testing.T) {
	t.Parallel()
	names := values{}.pairs()
	for i := 0; i < len(names); i += 2 {
		if !filledIn.MatchString(names[i]) {
			t.Errorf("%s is not kept whole", names[i])
		}
		for _, language := range []string{"sh", "go", "json", "python", "js", "java", "http", "yaml", "toml", "ruby", "rust", "kotlin", "ts", "apache"} {
			if code := coloured(language, `call "`+names[i]+`/x" `+names[i]+"\n"); strings.Count(code, names[i]) != 2 {
				t.Errorf("%s: %s", language, code)
			}
		}
	}
}
