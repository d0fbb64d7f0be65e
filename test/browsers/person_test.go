package browsers

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// person is somebody at a browser. What can be asked of a person fails the test when it does not work.
type person struct {
	t    *testing.T
	demo demo
	wire wire
}

// patience is how long anything may take. The machine may be busy.
const patience = 20 * time.Second

var pinPattern = regexp.MustCompile(`\b[0-9]{6}\b`)

func (p *person) prepare() {
	p.t.Helper()
	p.do("SetWindowRect", map[string]any{"width": 1200, "height": 900})
}

func (p *person) do(command string, arguments map[string]any) json.RawMessage {
	p.t.Helper()
	result, err := p.wire.do(command, arguments)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.situation())
	}
	return result
}

// ask evaluates an expression in the page, of which there may be none at this moment: one is going and the next has not come.
func ask[T any](p *person, expression string) (value T, err error) {
	result, err := p.wire.do("ExecuteScript", map[string]any{"script": "return " + expression, "args": []any{}})
	if err != nil {
		return value, err
	}
	return value, json.Unmarshal(result, &value)
}

// situation is what the person sees, for a test that fails.
func (p *person) situation() string {
	text, _ := ask[string](p, "location.href + '\\n' + document.title + '\\n' + document.body.innerText")
	return text
}

// picture keeps what the person sees last.
func (p *person) picture(name string) {
	if *shots == "" {
		return
	}
	result, err := p.wire.do("TakeScreenshot", nil)
	if err != nil {
		p.t.Logf("no picture: %v", err)
		return
	}
	var encoded string
	if err := json.Unmarshal(result, &encoded); err != nil {
		p.t.Fatal(err)
	}
	png, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, strings.ReplaceAll(name, " ", "-")+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) open(address string) {
	p.t.Helper()
	p.do("Navigate", map[string]any{"url": address})
}

// element waits for an element and returns its id.
func (p *person) element(selector string) string {
	p.t.Helper()
	var found map[string]string
	p.waits("for "+selector, func() error {
		result, err := p.wire.do("FindElement", map[string]any{"using": "css selector", "value": selector})
		if err != nil {
			return err
		}
		return json.Unmarshal(result, &found)
	})
	return found[elementKey]
}

// clicks presses what stays on the page.
func (p *person) clicks(selector string) {
	p.t.Helper()
	p.do("ElementClick", map[string]any{"id": p.element(selector)})
}

// press presses a button or link and waits for the page that comes.
func (p *person) press(selector string) {
	p.t.Helper()
	element := p.element(selector)
	if _, err := ask[any](p, `document.documentElement.setAttribute("data-left", "")`); err != nil {
		p.t.Fatal(err)
	}
	p.do("ElementClick", map[string]any{"id": element})
	p.waits("for the page after "+selector, func() error {
		left, err := ask[bool](p, `document.documentElement.hasAttribute("data-left") || document.readyState !== "complete"`)
		if left {
			return errors.New("no other page came")
		}
		return err
	})
}

// write replaces what is in a field.
func (p *person) write(selector, text string) {
	p.t.Helper()
	field := p.element(selector)
	p.do("ElementClear", map[string]any{"id": field})
	p.do("ElementSendKeys", map[string]any{"id": field, "text": text, "value": strings.Split(text, "")})
}

func (p *person) goesBack() { p.t.Helper(); p.do("Back", nil) }

func (p *person) goesForward() { p.t.Helper(); p.do("Forward", nil) }

// reloads has the browser load the page again; it would send a form again.
func (p *person) reloads() { p.t.Helper(); p.do("Refresh", nil) }

// newTab opens another tab of the same browser and goes there. back returns to the tab before.
func (p *person) newTab() (back func()) {
	p.t.Helper()
	var before string
	if err := json.Unmarshal(p.do("GetWindowHandle", nil), &before); err != nil {
		p.t.Fatal(err)
	}
	var made struct{ Handle string }
	if err := json.Unmarshal(p.do("NewWindow", map[string]any{"type": "tab"}), &made); err != nil {
		p.t.Fatal(err)
	}
	p.do("SwitchToWindow", map[string]any{"handle": made.Handle})
	return func() { p.do("SwitchToWindow", map[string]any{"handle": before}) }
}

func (p *person) address() string {
	p.t.Helper()
	var address string
	if err := json.Unmarshal(p.do("GetCurrentURL", nil), &address); err != nil {
		p.t.Fatal(err)
	}
	return address
}

// reads waits for the texts, on a page that fits the window.
func (p *person) reads(texts ...string) {
	p.t.Helper()
	p.waits(fmt.Sprintf("to read %q", texts), func() error {
		seen, err := ask[string](p, "document.body.innerText")
		if err != nil {
			return err
		}
		if missing := slices.IndexFunc(texts, func(text string) bool { return !strings.Contains(seen, text) }); missing >= 0 {
			return fmt.Errorf("%q is not there", texts[missing])
		}
		return nil
	})
	if wider, err := ask[float64](p, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); err != nil || wider > 0 {
		p.t.Errorf("the page is %.0f px wider than the window (%v):\n%s", wider, err, p.situation())
	}
}

// doesNotRead fails if the text is there.
func (p *person) doesNotRead(text string) {
	p.t.Helper()
	seen, err := ask[string](p, "document.body.innerText")
	if err != nil {
		p.t.Fatal(err)
	}
	if strings.Contains(seen, text) {
		p.t.Fatalf("%q is there:\n%s", text, p.situation())
	}
}

// holds waits until a field has one of the values.
func (p *person) holds(selector string, values ...string) {
	p.t.Helper()
	p.waits("for the value of "+selector, func() error {
		got, err := ask[string](p, fmt.Sprintf("document.querySelector(%q).value", selector))
		if err == nil && !slices.Contains(values, got) {
			return fmt.Errorf("it is %q, not %q", got, values)
		}
		return err
	})
}

// said is the text of an element.
func (p *person) said(selector string) string {
	p.t.Helper()
	p.element(selector)
	text, err := ask[string](p, fmt.Sprintf("document.querySelector(%q).textContent", selector))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(text)
}

// arrives waits until the tab is at an address that begins so.
func (p *person) arrives(prefix string) {
	p.t.Helper()
	p.waits("to arrive at "+prefix, func() error {
		if address := p.address(); !strings.HasPrefix(address, prefix) {
			return fmt.Errorf("the tab is at %s", address)
		}
		return nil
	})
}

// at waits until the tab is at the path of the identity host.
func (p *person) at(path string) {
	p.t.Helper()
	p.waits("to be at "+path, func() error {
		if address, _, _ := strings.Cut(p.address(), "?"); address != p.demo.issuer+path {
			return fmt.Errorf("the tab is at %s", address)
		}
		return nil
	})
}

func (p *person) waits(what string, try func() error) {
	p.t.Helper()
	p.waitsFor(patience, what, try)
}

func (p *person) waitsFor(patience time.Duration, what string, try func() error) {
	p.t.Helper()
	if err := eventually(patience, try); err != nil {
		p.t.Fatalf("waited in vain %s: %v\n%s", what, err, p.situation())
	}
}
