package server_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// postedForm is a form of a page as somebody sends it who fills in nothing that helps.
type postedForm struct {
	page, action, kind string
	fields             url.Values
}

// Every form of every page that links lead to is refused or taken by 303, and what is shown then is shown again by a reload.
func TestEveryFormOfThePortalIsAnsweredByARedirect(t *testing.T) {
	t.Parallel()
	h, portal := withPortal(t, storetest.EngineNames[0])
	d := newDeveloper(t, h, portal, "forms@example.com")
	d.newClient()
	d.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	forms := formsOf(d)
	const fewest = 20 // so that a crawler that finds nothing fails
	if len(forms) < fewest {
		t.Fatalf("found %d forms", len(forms))
	}
	for _, form := range forms {
		t.Run(form.action, func(t *testing.T) {
			d.t = t
			d.send(form)
		})
	}
}

// send posts the form and looks twice at where it leads.
func (d *developer) send(form postedForm) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.portal+form.action, strings.NewReader(form.fields.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.kind)
	request.Header.Set("Origin", d.portal)
	request.Header.Set("Referer", d.portal+form.page)
	answer, err := d.client.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	_ = answer.Body.Close()
	to := answer.Header.Get("Location")
	if answer.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/") {
		d.t.Fatalf("the form of %s: status %d to %q, want 303 to a page of the portal", form.page, answer.StatusCode, to)
	}
	status, first := d.look(to)
	again, second := d.look(to)
	if status != again || strings.Contains(to, "kept=") && first != second {
		d.t.Errorf("the form of %s: %s is answered with %d, by a reload with %d; the same page: %t", form.page, to, status, again, first == second)
	}
	if status == http.StatusMethodNotAllowed || status >= http.StatusInternalServerError {
		d.t.Errorf("the form of %s leads to %s, status %d", form.page, to, status)
	}
}

func (d *developer) look(path string) (int, string) {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.portal+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	answer, err := d.client.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// formsOf follows every link from the front page and returns each form once, those that take something away last.
func formsOf(d *developer) []postedForm {
	d.t.Helper()
	var forms []postedForm
	seen, asked := map[string]bool{}, map[string]bool{}
	for queue := []string{"/", "/signin", "/signin/company"}; len(queue) > 0; queue = queue[1:] {
		if asked[queue[0]] || strings.HasPrefix(queue[0], "/docs") {
			continue
		}
		asked[queue[0]] = true
		d.open(queue[0])
		for node := range d.root.Descendants() {
			switch {
			case node.Data == "a":
				if to, err := d.at.Parse(attribute(node, "href")); err == nil && to.Host == d.at.Host {
					queue = append(queue, to.Path)
				}
			case node.Data == "form" && attribute(node, "method") == "post":
				to, err := d.at.Parse(attribute(node, "action"))
				if err != nil || seen[to.Path] {
					continue
				}
				seen[to.Path] = true
				forms = append(forms, postedForm{queue[0], to.Path, formType, hiddenOf(node)})
			}
		}
	}
	slices.SortStableFunc(forms, func(a, b postedForm) int { return takesAway(a.action) - takesAway(b.action) })
	return forms
}

// takesAway ranks what ends the walk for others.
func takesAway(action string) int {
	switch {
	case action == "/signout":
		return 2
	case strings.HasSuffix(action, "/delete"), strings.HasSuffix(action, "/end"), strings.HasSuffix(action, "/revoke"):
		return 1
	}
	return 0
}

// hiddenOf is what a form carries, with a text in each field that is far too long.
func hiddenOf(form *html.Node) url.Values {
	fields := url.Values{}
	for input := range form.Descendants() {
		switch {
		case input.Data == "input" && attribute(input, "type") == "hidden":
			fields.Add(attribute(input, "name"), attribute(input, "value"))
		case input.Data == "input" && attribute(input, "type") != "checkbox" && attribute(input, "type") != "radio", input.Data == "textarea":
			fields.Add(attribute(input, "name"), strings.Repeat("<b>x", 1500))
		}
	}
	return fields
}
