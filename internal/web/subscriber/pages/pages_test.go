package pages_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

func newRenderer(t testing.TB) *web.Renderer {
	t.Helper()
	renderer, err := pages.NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	return renderer
}

// render returns the answer with a page, and the page's elements in order.
func render(t testing.TB, renderer *web.Renderer, page web.Page) (*httptest.ResponseRecorder, []*html.Node) {
	t.Helper()
	w := httptest.NewRecorder()
	renderer.Render(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, page)
	root, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	var elements []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode {
			elements = append(elements, node)
		}
	}
	return w, elements
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(node *html.Node, name string) bool {
	return slices.ContainsFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func named(elements []*html.Node, name string) []*html.Node {
	var found []*html.Node
	for _, e := range elements {
		if e.Data == name {
			found = append(found, e)
		}
	}
	return found
}

func withID(elements []*html.Node, id string) *html.Node {
	for _, e := range elements {
		if attribute(e, "id") == id {
			return e
		}
	}
	return nil
}

func visible(node *html.Node) string {
	var text strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data)
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

func TestEveryPageIsSoundInEveryLanguage(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for _, language := range web.Languages {
		for _, frame := range []web.Frame{{Language: language}, {Language: language, Operator: operator}} {
			for _, s := range samples() {
				t.Run(language+"/"+s.Name, func(t *testing.T) {
					t.Parallel()
					checkPage(t, renderer, s.Page(frame), language)
				})
			}
		}
	}
}

func checkPage(t *testing.T, renderer *web.Renderer, page web.Page, language string) {
	answer, elements := render(t, renderer, page)
	body := answer.Body.String()
	for _, wrong := range []string{"no value", "{{", "ZgotmplZ", "%!", `href="#"`, `action="#"`} {
		if strings.Contains(body, wrong) {
			t.Errorf("the page has %q in it", wrong)
		}
	}
	root := elements[0]
	direction := "ltr"
	if language == "ar" {
		direction = "rtl"
	}
	if attribute(root, "lang") != language || attribute(root, "dir") != direction {
		t.Errorf("lang=%q dir=%q", attribute(root, "lang"), attribute(root, "dir"))
	}
	for _, name := range []string{"title", "main", "h1", "header", "footer"} {
		if found := named(elements, name); len(found) != 1 {
			t.Errorf("%d elements %s", len(found), name)
		}
	}
	if visible(named(elements, "title")[0]) == "" || visible(named(elements, "h1")[0]) == "" {
		t.Error("the page has no title")
	}
	checkElements(t, elements)
	if focused := slices.DeleteFunc(slices.Clone(elements), func(e *html.Node) bool { return !has(e, "autofocus") }); len(focused) > 1 {
		t.Errorf("%d elements want the focus", len(focused))
	}
}

// checkElements: what a screen reader and the security policy need of each element.
func checkElements(t *testing.T, elements []*html.Node) {
	ids := map[string]int{}
	for _, e := range elements {
		if id := attribute(e, "id"); id != "" {
			ids[id]++
		}
	}
	for id, count := range ids {
		if count > 1 {
			t.Errorf("id %s is there %d times", id, count)
		}
	}
	labelled := map[string]bool{}
	for _, label := range named(elements, "label") {
		labelled[attribute(label, "for")] = visible(label) != ""
	}
	for _, e := range elements {
		for _, a := range e.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=…>: the policy forbids it", e.Data, a.Key)
			}
		}
		for _, id := range strings.Fields(attribute(e, "aria-describedby")) {
			if ids[id] == 0 {
				t.Errorf("<%s> is described by %s, which is not there", e.Data, id)
			}
		}
		switch e.Data {
		case "style":
			t.Error("a style stands in the page")
		case "script":
			if attribute(e, "src") == "" || e.FirstChild != nil {
				t.Error("a script stands in the page")
			}
		case "img":
			if !has(e, "alt") {
				t.Error("a picture has no alternative text")
			}
		case "a", "button", "summary", "legend", "h2", "li", "p", "dt":
			if visible(e) == "" && attribute(e, "role") != "status" {
				t.Errorf("an empty <%s>", e.Data)
			}
		case "input":
			if attribute(e, "type") != "hidden" && !labelled[attribute(e, "id")] {
				t.Errorf("field %s has no label", attribute(e, "name"))
			}
		}
	}
}

func TestFormsPostTheSealedStateToTheirOwnPath(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	paths := map[string][]string{
		"number": {"/signin"}, "number confirm": {"/signin"}, "pin": {"/signin/pin", "/signin/resend"}, "pin expired": {"/signin/resend"},
		"consent": {"/consent"}, "revoke": {"/revoke-consent"}, "logout": {"/signout"},
	}
	for _, s := range samples() {
		want, checked := paths[s.Name]
		if !checked {
			continue
		}
		_, elements := render(t, renderer, s.Page(web.Frame{}))
		var got []string
		for _, form := range named(elements, "form") {
			got = append(got, attribute(form, "action"))
			if attribute(form, "method") != "post" {
				t.Errorf("%s: a form by %q", s.Name, attribute(form, "method"))
			}
			if !slices.ContainsFunc(named(slices.Collect(form.Descendants()), "input"), func(e *html.Node) bool {
				return attribute(e, "name") == "r" && attribute(e, "type") == "hidden" && attribute(e, "value") == state
			}) {
				t.Errorf("%s: the form to %s carries no state", s.Name, attribute(form, "action"))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s posts to %q, want %q", s.Name, got, want)
		}
	}
}

// What docs/promises.md promises to password managers and to programs.
func TestFieldsAndButtonsHaveThePromisedNames(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for _, c := range []struct {
		sample, id string
		want       map[string]string
	}{
		{"number", "phone_number", map[string]string{"name": "phone_number", "type": "tel", "autocomplete": "tel", "dir": "ltr"}},
		{"pin", "pin", map[string]string{"name": "pin", "inputmode": "numeric", "autocomplete": "one-time-code", "dir": "ltr"}},
		{"consent", "allow", map[string]string{"name": "decision", "value": "allow"}},
		{"consent", "deny", map[string]string{"name": "decision", "value": "deny"}},
		{"consent", "terms", map[string]string{"name": "terms", "type": "checkbox", "value": "accepted"}},
		{"consent", "scope-0", map[string]string{"name": "scope", "type": "checkbox", "value": "sms.text:send_to_subscriber"}},
		{"revoke", "cancel", map[string]string{"name": "decision", "value": "cancel"}},
		{"revoke", "remove", map[string]string{"name": "decision", "value": "remove"}},
		{"logout", "sign-out", map[string]string{"name": "decision", "value": "sign_out"}},
		{"logout", "stay", map[string]string{"name": "decision", "value": "stay"}},
	} {
		_, elements := render(t, renderer, sampleNamed(t, c.sample))
		element := withID(elements, c.id)
		if element == nil {
			t.Errorf("%s has no element with the id %s", c.sample, c.id)
			continue
		}
		for name, want := range c.want {
			if got := attribute(element, name); got != want {
				t.Errorf("%s: #%s has %s=%q, want %q", c.sample, c.id, name, got, want)
			}
		}
		if has(element, "checked") {
			t.Errorf("%s: #%s is ticked before the person did it", c.sample, c.id)
		}
	}
}

func sampleNamed(t *testing.T, name string) web.Page {
	t.Helper()
	for _, s := range samples() {
		if s.Name == name {
			return s.Page(web.Frame{})
		}
	}
	t.Fatalf("there is no sample %s", name)
	return nil
}

func TestProblemStandsAtItsFieldAndHasTheFocus(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for _, c := range []struct{ sample, field, problem, words string }{
		{"number too_short", "phone_number", "number-problem", "too short"},
		{"pin wrong", "pin", "pin-problem", "2 tries left"},
		{"pin malformed", "pin", "pin-problem", "6 digits"},
		{"consent terms missing", "terms", "terms-problem", "accept the terms"},
	} {
		_, elements := render(t, renderer, sampleNamed(t, c.sample))
		field, problem := withID(elements, c.field), withID(elements, c.problem)
		switch {
		case problem == nil || !strings.Contains(visible(problem), c.words):
			t.Errorf("%s does not say %q", c.sample, c.words)
		case !slices.Contains(strings.Fields(attribute(field, "aria-describedby")), c.problem):
			t.Errorf("%s: the field is not described by its problem", c.sample)
		case attribute(field, "aria-invalid") != "true" || !has(field, "autofocus"):
			t.Errorf("%s: the field is not marked, or not focused", c.sample)
		}
	}
	for _, c := range []struct{ sample, id string }{
		{"pin expired", "pin-problem"},
		{"pin exhausted", "pin-problem"},
		{"pin too_soon", "resend-problem"},
		{"pin resend_refused", "resend-problem"},
		{"consent nothing left", "nothing-problem"},
	} {
		_, elements := render(t, renderer, sampleNamed(t, c.sample))
		if problem := withID(elements, c.id); problem == nil || !has(problem, "autofocus") || attribute(problem, "tabindex") != "-1" {
			t.Errorf("%s: the problem does not get the focus", c.sample)
		}
	}
}

func TestNumberIsMaskedWhereverItIsNotAsked(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for _, s := range samples() {
		if strings.HasPrefix(s.Name, "number") {
			continue
		}
		answer, _ := render(t, renderer, s.Page(web.Frame{}))
		if strings.Contains(answer.Body.String(), "70174") {
			t.Errorf("%s shows the full number", s.Name)
		}
	}
}

func TestPageOfAnAppsOwnSchemeLeadsBack(t *testing.T) {
	t.Parallel()
	const address = "com.example.app:/callback?error=access_denied"
	_, elements := render(t, newRenderer(t), pages.NotAvailable{Product: product, Back: address})
	if got := attribute(withID(elements, "back"), "href"); got != address {
		t.Errorf("it leads to %s", got)
	}
}

// People read what happened and what to do; what is for the app's developers only stands below all of it.
func TestErrorPageLeadsDevelopersToThePortalInItsLastLine(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	for _, language := range web.Languages {
		page := pages.Error{
			Frame: web.Frame{Language: language}, Problem: pages.ProblemRequest, ErrorID: "er_k3v9q2m8x7",
			Developer: "redirect_uri is not registered for this client", Portal: found, Back: back,
		}
		_, elements := render(t, renderer, page)
		lines := named(slices.Collect(named(elements, "main")[0].Descendants()), "p")
		link := withID(slices.Collect(lines[len(lines)-1].Descendants()), "portal")
		if link == nil || attribute(link, "href") != found || !strings.Contains(visible(link), "Requests") {
			t.Errorf("%s: the last line is %q and does not lead to the portal", language, visible(lines[len(lines)-1]))
		}
		page.Portal = ""
		if answer, _ := render(t, renderer, page); strings.Contains(answer.Body.String(), "Requests") {
			t.Errorf("%s: the page of an installation without a portal speaks of it", language)
		}
	}
}

func TestFormPostCarriesTheAnswer(t *testing.T) {
	t.Parallel()
	_, elements := render(t, newRenderer(t), sampleNamed(t, "form post"))
	form := named(elements, "form")[0]
	if got := attribute(form, "action"); got != "https://storytime.example/callback" {
		t.Error(got)
	}
	var got []string
	for _, input := range named(slices.Collect(form.Descendants()), "input") {
		got = append(got, attribute(input, "name")+"="+attribute(input, "value"))
	}
	if want := []string{"code=dt_ac_1", `state=a"b<c>`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWordsOfAConsentAreThoseOnThePage(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	words := renderer.Words(pages.Consent{
		Product: product, Number: number, Required: []dialtone.Scope{phone}, Optional: []pages.OptionalScope{{Scope: text}},
	})
	for _, want := range []string{
		"Add Storytime to +46•••••0605\n", "\nSee your phone number\n", "\nSend you text messages\n", "\nI accept the terms of Storytime\n", "49 kr a month",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is missing in:\n%s", want, words)
		}
	}
	if strings.ContainsAny(words, "<>") {
		t.Error(words)
	}
}

func TestLanguageIsTheBrowsersWhenThePageNamesNone(t *testing.T) {
	t.Parallel()
	renderer := newRenderer(t)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Accept-Language", "sv-SE")
	w := httptest.NewRecorder()
	renderer.Render(w, r, http.StatusBadRequest, pages.Error{Problem: pages.ProblemRequest})
	if w.Code != http.StatusBadRequest || w.Header().Get("Content-Language") != "sv" || !strings.Contains(w.Body.String(), "Appen gjorde ett fel") {
		t.Errorf("%d %s\n%s", w.Code, w.Header(), w.Body)
	}
}

func TestOperatorsBrandIsOnThePage(t *testing.T) {
	t.Parallel()
	answer, _ := render(t, newRenderer(t), pages.Front{Frame: web.Frame{Operator: operator}})
	for _, want := range []string{"/static/brand/0f766e.css", `src="/asset/logo" alt="Nordtel"`, `href="https://nordtel.example/help"`} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func BenchmarkRenderConsent(b *testing.B) {
	renderer := newRenderer(b)
	page := pages.Consent{
		Frame: web.Frame{Language: "en", Operator: operator}, State: state, Product: product, Number: number,
		Required: []dialtone.Scope{openid, phone}, Optional: []pages.OptionalScope{{Scope: text}},
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	b.ReportAllocs()
	for b.Loop() {
		renderer.Render(httptest.NewRecorder(), r, http.StatusOK, page)
	}
}
