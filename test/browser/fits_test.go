package browser

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages/pagestest"
)

// What people and developers enter, each as long as it may be and without a place to break.
var (
	longName     = strings.Repeat("W", 80) // of a product, an organization, an operator
	longLine     = strings.Repeat("W", 120)
	longText     = strings.Repeat("W", 400)
	longPrice    = strings.Repeat("W", 40)
	longSecret   = strings.Repeat("W", 60)
	longPerson   = strings.Repeat("W", 64)
	longScope    = strings.Repeat("w", 128)
	longEmail    = strings.Repeat("w", 64) + "@" + strings.Repeat("w", 63) + "." + strings.Repeat("w", 63) + "." + strings.Repeat("w", 53) + ".example"
	longRedirect = "https://app.example/" + strings.Repeat("w", 400)
)

// Every page of every face has room for the longest texts in a small window with large type and in a large one, in every language,
// in wide, narrow and tall letters. TestTheMeasuresFindWhatHasNoRoom says what "has room" means, and everyPage that none is left out.
func TestEveryPageHasRoomForTheLongestTexts(t *testing.T) {
	t.Parallel()
	faces := everyPage(t)
	small, large := room{320, 200}, room{1440, 100}
	for look := range looks() {
		t.Run(look, func(t *testing.T) {
			t.Parallel()
			browser, stop, err := startChromium(t.TempDir(), look)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stop)
			for _, g := range faces {
				switch {
				case *all:
					g.measures(t, browser, []room{small, {320, 100}, {768, 100}, {768, 200}, large, {1440, 200}})
				case look == "wide":
					g.measures(t, browser, []room{small})
					g.measures(t, browser, []room{large}, "en")
				default: // the others are measured by `make long`, which has four more rooms
					g.measures(t, browser, []room{small}, "en", "ar")
				}
			}
		})
	}
}

// everyPage returns the pages of all faces. It fails the test for a page that has a template and is not among them.
func everyPage(t *testing.T) []*gallery {
	t.Helper()
	d := startDemo(t)
	d.apply(t, longDocument())
	faces := []*gallery{samples(t), portal(t, d), console(t, d)}
	faces = append(faces, demoFaces(t, d)...)
	have := make(map[string]bool)
	for _, g := range faces {
		for _, p := range g.pictures {
			page, _, _ := strings.Cut(p.name, " ")
			have[g.face+" "+page] = true
		}
	}
	// Signing in and the account are every desk's; the portal's visitor goes there.
	for face, folders := range map[string][]string{
		"subscriber": {"internal/web/subscriber/pages/templates"}, "portal": {"internal/web/portal", "internal/web/desk"},
		"console": {"internal/web/console"}, "app": {"examples/rp"}, "inbox": {"internal/web/inbox"},
	} {
		for _, folder := range folders {
			for _, page := range templates(t, "../../"+folder) {
				if !have[face+" "+page] {
					t.Errorf("the page %s of the face %s is not measured: give it a state", page, face)
				}
			}
		}
	}
	return faces
}

var (
	defines = regexp.MustCompile(`{{define "(\w+)"}}{{template "top"`)
	marked  = regexp.MustCompile(`data-page="(\w+)"`)
)

// templates returns the names of the pages whose templates stand in the folder or below it.
func templates(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".html" || strings.Contains(path, "testdata") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, pattern := range []*regexp.Regexp{defines, marked} {
			for _, match := range pattern.FindAllSubmatch(source, -1) {
				names = append(names, string(match[1]))
			}
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("no pages below %s: %v", folder, err)
	}
	return names
}

// samples are the subscriber's pages in every state and every language, with and without an operator's logo.
func samples(t *testing.T) *gallery {
	t.Helper()
	renderer, err := pages.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	scope := func(name string) dialtone.Scope {
		return dialtone.Scope{Name: name, Subscriber: map[string]string{"en": longLine, "ar": strings.Repeat("م", 120)}}
	}
	content := pagestest.Content{
		Operators: slices.Repeat(pages.Operators{longName}, 9),
		Product: dialtone.Product{
			Name: longName, Subtitle: longLine, Description: longText, Price: longPrice,
			TermsURL: "https://app.example/terms", PrivacyURL: "https://app.example/privacy",
		},
		Organization: longName, Number: "+447700900000", OpenID: scope("openid"), Phone: scope("phone"), Text: scope(longScope), Developer: longText,
	}
	var pictures []picture
	for i, language := range web.Languages {
		operator := dialtone.Operator{Name: longName, Support: "https://operator.example/help", Sandbox: true}
		if i%2 == 0 {
			operator.Brand.LogoID = "logo"
		}
		for _, s := range content.Samples() {
			page := s.Page(web.Frame{Language: language, Operator: operator})
			answer := httptest.NewRecorder()
			renderer.Render(answer, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, page)
			name := reflect.Indirect(reflect.ValueOf(page)).Type().Name() + " " + s.Name
			pictures = append(pictures, picture{name: name, language: language, html: answer.Body.Bytes()})
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/static/", renderer.Static())
	mux.HandleFunc("/asset/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="2000" height="100"><rect width="2000" height="100"/></svg>`)
	})
	return newGallery(t, "subscriber", pictures, mux)
}

// demoFaces are the example app, the inbox, and the identity server as one comes to it from the app.
func demoFaces(t *testing.T, d demo) []*gallery {
	t.Helper()
	at := make(map[string][]picture)
	numbers := 0
	for _, language := range web.Languages {
		v := newVisitor(t, d.box, language)
		signIn(v, d, fmt.Sprintf("+4477009000%02d", numbers))
		numbers++
		for _, p := range v.pictures {
			at[p.origin] = append(at[p.origin], p)
		}
	}
	v := newVisitor(t, d.box, "en")
	appFaults(v, d)
	v.open("/")
	for _, p := range v.pictures {
		at[p.origin] = append(at[p.origin], p)
	}
	var app, inbox []picture
	for _, p := range at[d.box] {
		if strings.HasPrefix(p.name, "inbox ") {
			inbox = append(inbox, p)
			continue
		}
		app = append(app, p)
	}
	return []*gallery{
		newGallery(t, "identity", at[d.issuer], from(http.DefaultClient, d.issuer)),
		newGallery(t, "app", app, from(v.client, d.box)), newGallery(t, "inbox", inbox, from(v.client, d.box)),
	}
}

// signIn goes from the app to its page for who is signed in, with a wrong number and a wrong PIN on the way, and out again.
func signIn(v *visitor, d demo, number string) {
	v.t.Helper()
	v.open("/app/")
	v.open("/app/login")
	v.send("/signin", url.Values{"phone_number": {strings.Repeat("W", 40)}})
	v.send("/signin", url.Values{"phone_number": {number}})
	v.send("/signin/pin", url.Values{"pin": {"000000"}})
	v.send("/signin/pin", url.Values{"pin": {number[len(number)-6:]}})
	v.send("/consent", url.Values{"decision": {"allow"}})
	v.send("/consent", url.Values{"decision": {"allow"}, "terms": {"accepted"}})
	v.send("/app/remove", nil)
	v.send("/revoke-consent", url.Values{"decision": {"cancel"}})
	v.get(d.issuer + "/oauth2/sessions/logout?client_id=" + d.clientID)
	v.get(d.issuer + "/nowhere")
}

func appFaults(v *visitor, d demo) {
	v.t.Helper()
	v.open("/app/login")
	v.get(d.redirectURI + "?code=" + longText + "&state=" + url.QueryEscape(v.state))
	v.open("/app/login")
	v.get(d.redirectURI + "?error=" + longLine + "&error_description=" + longText + "&state=" + url.QueryEscape(v.state))
	v.get(d.redirectURI + "?code=" + longText + "&state=" + longText)
	v.get(d.redirectURI)
	v.open("/app/removed?state=" + longText)
}

// longDocument makes what the demo has long, and what the developer of portal finds.
func longDocument() string {
	return fmt.Sprintf(`
operators:
  - {id: op_long, name: %[1]s, support: "https://operator.example/help", ranges: ["+88810"], approval: manual, admins: [%[5]s]}
administrators: [{email: %[5]s}]
scopes:
  - {name: %[4]s, category: %[1]s, developer: %[2]s, subscriber: {en: %[2]s}}
organizations:
  - {id: org_long, name: %[1]s, owners: [%[5]s]}
  - {id: org_demo, name: %[1]s}
products:
  - id: product_demo
    organization: org_demo
    name: %[1]s
    subtitle: %[2]s
    description: %[3]s
    price: %[6]s
    terms_url: https://app.example/terms
    privacy_url: https://app.example/privacy
    scopes: [{name: openid}, {name: phone}, {name: offline_access}, {name: "sms.text:send_to_subscriber", optional: true}, {name: %[4]s, optional: true}]
  - id: product_long
    organization: org_long
    name: %[1]s
    subtitle: %[2]s
    description: %[3]s
    price: %[6]s
    terms_url: https://app.example/terms
    privacy_url: https://app.example/privacy
    support: https://app.example/%[4]s
    scopes: [{name: openid}, {name: phone}, {name: %[4]s, optional: true}]
    listing: [{operator: op_long, state: declined, reason: %[3]s}, {operator: sandbox, state: enabled}]
subscriptions: [{operator: op_long, phone_number: "+4690510000"}]
clients:
  - {id: client_long, product: product_long, description: %[2]s, redirect_uris: [%[7]s, %[7]s2], secret_sha256: %[8]s}
  - {id: client_public, product: product_long, description: %[2]s, type: public, redirect_uris: [%[7]s]}
`, longName, longLine, longText, longScope, longEmail, longPrice, longRedirect, strings.Repeat("0a", 32))
}

// TestTheMeasuresFindWhatHasNoRoom holds the measures against pages that must not pass, and one that must.
func TestTheMeasuresFindWhatHasNoRoom(t *testing.T) {
	t.Parallel()
	wide := `<div style="inline-size: 2000px">x</div>`
	cases := map[string]struct{ body, want string }{
		"a box that is too wide":                 {wide, "stands out of the window"},
		"a word that sticks out of its box":      {`<p style="inline-size: 9rem">` + longName + `</p>`, ""},
		"a word in a card":                       {`<div style="overflow: hidden">` + wide + `</div>`, "cuts something off"},
		"a box that scrolls without focus":       {`<div style="overflow: auto">` + wide + `</div>`, "cannot be focused"},
		"a box that scrolls":                     {`<div style="overflow: auto" tabindex="0">` + wide + `</div>`, "-"},
		"text for screen readers":                {`<span style="position: absolute; inline-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap">` + longName + `</span>`, "-"},
		"what opens":                             {`<details><summary>x</summary>` + wide + `</details>`, "stands out of the window"},
		"a dialog":                               {`<dialog>` + wide + `</dialog>`, "cannot be focused"},
		"a page that is too wide for other ways": {`<div style="display: flex"><p>` + longName + `</p></div>`, ""},
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		body := "<!doctype html><style>dialog { overflow: auto; inline-size: 9rem }</style>" + cases[name].body
		g := newGallery(t, "cases", []picture{{name: name, html: []byte(body)}}, http.NotFoundHandler())
		found := g.faults(t, chromium, []room{{320, 100}})
		switch want := cases[name].want; {
		case want == "-" && len(found) > 0:
			t.Errorf("%s: %v", name, found)
		case want != "-" && (len(found) == 0 || !strings.Contains(fmt.Sprint(found), want)):
			t.Errorf("%s: found %v, want one that %s", name, found, want)
		}
	}
}
