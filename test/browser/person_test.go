package browser

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// traits are how somebody browses. The zero value: English, a large screen, light, script on, type as usual.
type traits struct {
	language string // Accept-Language
	phone    bool   // 360x740 instead of 1280x800
	dark     bool
	noScript bool
	typeSize int // per cent
}

// person is somebody at one tab of a browser. What can be asked of a person fails the test when it does not work.
type person struct {
	t    *testing.T
	ctx  context.Context
	demo demo
	traits
	*watch
}

// newPerson opens a browser that has seen nothing yet.
func newPerson(t *testing.T, d demo, how traits) *person {
	t.Helper()
	return openTab(t, chromium, d, how, chromedp.WithNewBrowserContext())
}

// newTab opens another tab of the same browser.
func (p *person) newTab() *person {
	p.t.Helper()
	return openTab(p.t, p.ctx, p.demo, p.traits)
}

func openTab(t *testing.T, parent context.Context, d demo, how traits, options ...chromedp.ContextOption) *person {
	t.Helper()
	w := &watch{origins: []string{d.issuer, d.portal, d.console, d.box}}
	ctx, closeTab := chromedp.NewContext(parent, append(options, chromedp.WithListener(w.see))...)
	p := &person{t: t, ctx: ctx, demo: d, traits: how, watch: w}
	t.Cleanup(func() {
		for _, fault := range w.take() {
			t.Error(fault)
		}
		closeTab()
	})
	if p.language == "" {
		p.language = "en"
	}
	p.do(chromedp.Func(p.prepare))
	w.pages()
	return p
}

func (p *person) prepare(ctx context.Context, tab *chromedp.Target) error {
	agent, err := chromedp.Evaluate[string]("navigator.userAgent")(ctx, tab)
	if err != nil {
		return err
	}
	if p.typeSize > 0 {
		if _, err := cdp.Call(ctx, tab, page.SetFontSizes, fonts(p.typeSize)); err != nil {
			return err
		}
	}
	if _, err := cdp.Call(ctx, tab, audits.Enable, cdp.Empty{}); err != nil {
		return err
	}
	if _, err := cdp.Call(ctx, tab, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: p.language}); err != nil {
		return err
	}
	if _, err := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride, screen(p.phone)); err != nil {
		return err
	}
	// Everybody sits before a screen of their own: without this, only one of the tabs of the tests that run beside each other
	// has the focus, and in the others no field gets it.
	if _, err := cdp.Call(ctx, tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		return err
	}
	if err := switchScript(ctx, tab, !p.noScript); err != nil {
		return err
	}
	return setScheme(ctx, tab, p.dark)
}

func screen(phone bool) emulation.SetDeviceMetricsOverrideParams {
	if phone {
		return emulation.SetDeviceMetricsOverrideParams{Width: 360, Height: 740, DeviceScaleFactor: 1, Mobile: true}
	}
	return emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: 800, DeviceScaleFactor: 1}
}

// fonts are the sizes of type that somebody chose, by per cent of the usual.
func fonts(percent int) page.SetFontSizesParams {
	size := int64(16 * percent / 100)
	return page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: size, Fixed: size * 13 / 16}}
}

func switchScript(ctx context.Context, tab *chromedp.Target, on bool) error {
	_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	return err
}

func setScheme(ctx context.Context, tab *chromedp.Target, dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	return err
}

// patience is how long anything may take. The machine may be busy.
const patience = 10 * time.Second

func (p *person) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	run(p, chromedp.Steps(actions...))
}

// run does one thing in the tab and returns what came of it.
func run[T any](p *person, action chromedp.Action[T]) T {
	p.t.Helper()
	// The first Run binds the tab to its context, so only a later one may have an end.
	if chromedp.FromContext(p.ctx).Target == nil {
		if err := chromedp.Do(p.ctx); err != nil {
			p.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, p.situation())
	}
	return result
}

// situation is what the person sees, for a test that fails.
func (p *person) situation() string {
	return p.glance("location.href") + "\n" + p.glance("document.body.innerText")
}

// open goes to an address and returns the status of the page that came.
func (p *person) open(address string) int {
	p.t.Helper()
	return int(run(p, chromedp.NavigateResponse(address)).Status)
}

// press presses a button or link and returns the status of the page that came.
func (p *person) press(selector string) int {
	p.t.Helper()
	return p.turn(click(selector))
}

// click presses the mouse where the element is. It goes by what is on the screen, because after the back button Chromium may
// show a page as it was left, and then what chromedp knows of the document is of another page.
func click(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		spot, err := chromedp.Evaluate[[]float64](fmt.Sprintf(`(() => {
  const e = document.querySelector(%q);
  if (!e) return [];
  e.scrollIntoView({ block: "nearest" });
  const box = e.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
})()`, selector))(ctx, tab)
		if err != nil {
			return err
		}
		if len(spot) == 0 {
			return fmt.Errorf("there is no %s on the page", selector)
		}
		_, err = chromedp.MouseClickXY(spot[0], spot[1])(ctx, tab)
		return err
	})
}

func (p *person) clicks(selector string) {
	p.t.Helper()
	p.do(click(selector))
}

// turn does what leads to another page and returns its status.
func (p *person) turn(action chromedp.Action[chromedp.Void]) int {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	answer, err := chromedp.RunResponse(ctx, action)
	if err != nil {
		p.t.Fatalf("no page came: %v\n%s\n%s", err, p.situation(), strings.Join(p.take(), "\n"))
	}
	return int(answer.Status)
}

// goesBack presses the browser's back button. The browser may show the page as it was left, so that none is loaded.
func (p *person) goesBack() { p.t.Helper(); p.goesBy(-1) }

func (p *person) goesForward() { p.t.Helper(); p.goesBy(1) }

func (p *person) goesBy(steps int) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		history, err := cdp.Call(ctx, tab, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		entry := history.Entries[int(history.CurrentIndex)+steps].ID
		_, err = cdp.Call(ctx, tab, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: entry})
		return err
	}))
}

// reloads has the browser load the page again, as the button does; a form would be sent again.
func (p *person) reloads() {
	p.t.Helper()
	p.turn(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.Reload, page.ReloadParams{})
		return err
	}))
}

// write replaces what is in a field.
func (p *person) write(selector, text string) {
	p.t.Helper()
	p.clicks(selector)
	evaluate[chromedp.Void](p, "document.activeElement.select()")
	p.do(chromedp.KeyEvent(text))
}

// evaluate asks the page.
func evaluate[T any](p *person, expression string) T {
	p.t.Helper()
	return run(p, chromedp.Evaluate[T](expression))
}

func (p *person) address() string {
	p.t.Helper()
	return evaluate[string](p, "location.href")
}

// text is what can be read on the page.
func (p *person) text() string {
	p.t.Helper()
	return evaluate[string](p, "document.body.innerText")
}

// reads waits for the texts: some pages change after they have come.
func (p *person) reads(texts ...string) {
	p.t.Helper()
	p.waits(fmt.Sprintf("to read %q", texts), func() bool {
		seen := p.glance("document.body.innerText")
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(seen, text) })
	})
}

// arrives waits until the tab is at an address that begins so.
func (p *person) arrives(prefix string) {
	p.t.Helper()
	p.waits("to arrive at "+prefix, func() bool { return strings.HasPrefix(p.glance("location.href"), prefix) })
}

// glance asks the page, of which there may be none at this moment: one is going and the next has not come.
func (p *person) glance(expression string) string {
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		return ""
	}
	return text
}

func (p *person) waits(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("waited in vain %s:\n%s\n%s", what, p.situation(), strings.Join(p.take(), "\n"))
		}
	}
}

// at fails unless the tab is at the path of the identity server.
func (p *person) at(path string) {
	p.t.Helper()
	if address := p.address(); !strings.HasPrefix(address, p.demo.issuer+path+"?") && address != p.demo.issuer+path {
		p.t.Fatalf("the tab is not at %s:\n%s", path, p.situation())
	}
}

// The steps of a sign-in.

func (p *person) beginsAtTheApp() {
	p.t.Helper()
	p.open(p.demo.app)
	p.press(`a[href="/app/login"]`)
	p.at("/signin")
}

func (p *person) givesNumber(number string) {
	p.t.Helper()
	p.write("#phone_number", number)
	p.press("#send")
	p.at("/signin/pin")
}

func (p *person) givesPIN(pin string) int {
	p.t.Helper()
	p.write("#pin", pin)
	return p.press("#continue")
}

func (p *person) allows() {
	p.t.Helper()
	p.at("/consent")
	p.press("#allow")
}

// signsIn goes the whole way with a test number.
func (p *person) signsIn() {
	p.t.Helper()
	p.beginsAtTheApp()
	p.givesNumber(p.demo.phone)
	p.givesPIN(p.demo.pin)
	p.allows()
	p.greeted(p.demo.phone)
}

func (p *person) greeted(number string) {
	p.t.Helper()
	p.arrives(p.demo.app)
	p.reads("Hello, "+number, `"phone_number": "`+number+`"`, `"phone_number_verified": true`)
}

var pinPattern = regexp.MustCompile(`\b[0-9]{6}\b`)
