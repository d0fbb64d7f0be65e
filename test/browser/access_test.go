package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestAPersonSignsInWithJavaScriptSwitchedOff(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{noScript: true})
	p.beginsAtTheApp()
	p.givesNumber(d.phone)
	p.givesPIN("000000")
	p.reads("Wrong PIN. You have 4 tries left.")
	p.givesPIN(d.pin)
	p.clicks(`input[name="scope"]`)
	p.allows()
	p.greeted(d.phone)
	p.reads("sms.text:send_to_subscriber")
	if scripts := p.scriptsRequested(); len(scripts) > 0 {
		t.Errorf("script was not off: %q was fetched", scripts)
	}
}

func TestAPersonSignsInOnAPhoneInArabicWithLargeType(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{language: "ar-EG,ar,en", phone: true, typeSize: 200})
	p.beginsAtTheApp()
	p.isRightToLeft("تسجيل الدخول إلى")
	p.givesNumber(d.phone)
	p.isRightToLeft("إدخال رمز PIN")
	p.givesPIN("000000")
	p.isRightToLeft("الرمز غير صحيح")
	p.givesPIN(d.pin)
	p.isRightToLeft("إضافة")
	p.allows()
	p.greeted(d.phone)
	p.fits()
}

func TestTheAppChoosesTheLanguageBeforeTheBrowserDoes(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{language: "sv", phone: true})
	p.open(d.authorize(url.Values{"ui_locales": {"ar"}}))
	p.isRightToLeft("تسجيل الدخول إلى")
	p.givesNumber(d.phone)
	p.isRightToLeft("إدخال رمز PIN")
	p.givesPIN(d.pin)
	p.isRightToLeft("إضافة")
	p.open(d.authorize(nil))
	p.reads("Lägg till")
}

// isRightToLeft fails unless the page is in Arabic, says the text and fits.
func (p *person) isRightToLeft(text string) {
	p.t.Helper()
	p.reads(text)
	if got := evaluate[string](p, `document.documentElement.lang + " " + getComputedStyle(document.body).direction`); got != "ar rtl" {
		p.t.Errorf("%s is %s, want ar rtl", p.address(), got)
	}
	p.fits()
}

// overflow names the elements that stand out sideways, but for those inside a box that scrolls by itself.
const overflow = `(() => {
  const root = document.documentElement, out = [];
  if (root.scrollWidth <= root.clientWidth) return out;
  const scrolls = (e) => e !== document.body && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
  for (const e of document.body.querySelectorAll("*")) {
    const box = e.getBoundingClientRect();
    const outside = box.right > root.clientWidth + 0.5 || box.left < -0.5;
    if (box.width > 0 && outside && e.checkVisibility() && !scrolls(e.parentElement)) out.push(e.outerHTML.slice(0, 80));
  }
  return out.length ? out.slice(0, 5) : ["something"];
})()`

// fits fails when something on the page overflows sideways.
func (p *person) fits() {
	p.t.Helper()
	if out := evaluate[[]string](p, overflow); len(out) > 0 {
		p.t.Errorf("%.120s overflows sideways: %q", p.address(), out)
	}
}

func TestAPersonSignsInWithTheKeyboardOnly(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.open(d.app)
	p.tabsTo(`a[href="/app/login"]`)
	p.turn(enter)
	p.at("/signin")
	p.focusIsOn("#phone_number")
	p.do(chromedp.KeyEvent(d.phone))
	p.tabsTo("#send")
	p.turn(enter)
	p.at("/signin/pin")
	p.focusIsOn("#pin")
	p.do(chromedp.KeyEvent("000000"))
	p.turn(enter) // in the field
	p.reads("Wrong PIN")
	p.focusIsOn("#pin")
	p.do(chromedp.KeyEvent(d.pin))
	p.tabsTo("#continue")
	p.turn(enter)
	p.at("/consent")
	p.tabsTo(`input[name="scope"]`)
	p.do(chromedp.KeyEvent(" "))
	p.tabsTo("#allow")
	p.turn(enter)
	p.greeted(d.phone)
	p.reads("sms.text:send_to_subscriber")
	p.tabsTo(`form[action="/app/remove"] button`)
	p.turn(enter)
	p.at("/revoke-consent")
	p.tabsTo("#cancel")
	p.turn(enter)
	p.reads("Nothing was removed")
}

// enter is the key. As from a real keyboard, what its first half leads to does not get the second half: a dialog that the key
// opens is not sent by it.
var enter = chromedp.KeyEvent(kb.Enter, func(key *input.DispatchKeyEventParams) {
	if key.Type == kb.KeyDown {
		key.Type = kb.KeyRawDown
	}
})

// tabsTo presses Tab until the element has the focus. Everything on the way must show that it has it.
func (p *person) tabsTo(selector string) {
	p.t.Helper()
	for range 40 {
		p.do(chromedp.KeyEvent(kb.Tab))
		p.showsFocus()
		if evaluate[bool](p, fmt.Sprintf("document.activeElement.matches(%q)", selector)) {
			return
		}
	}
	p.t.Fatalf("Tab does not lead to %s:\n%s", selector, p.situation())
}

// focusIsOn waits until the element has the focus, to which nothing is pressed meanwhile: the browser gives an autofocus with a
// page's first picture, a moment after the page has come.
func (p *person) focusIsOn(selector string) {
	p.t.Helper()
	focused := fmt.Sprintf("String(document.activeElement.matches(%q))", selector)
	p.waits("for the focus on "+selector, func() bool { return p.glance(focused) == "true" })
	p.showsFocus()
}

// showsFocus fails unless the focused element has an outline and can be seen (WCAG 2.2 §2.4.7, §2.4.11).
func (p *person) showsFocus() {
	p.t.Helper()
	hidden := evaluate[string](p, `(() => {
  const e = document.activeElement, style = getComputedStyle(e), box = e.getBoundingClientRect();
  if (e === document.body) return "";
  const name = e.tagName + "#" + e.id;
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return name + " has no outline";
  if (box.bottom <= 0 || box.top >= innerHeight || box.right <= 0 || box.left >= innerWidth) return name + " is out of sight";
  const line = e.getClientRects()[0]; // a link may go over several
  const there = document.elementFromPoint(line.left + line.width / 2, line.top + line.height / 2);
  if (there && !e.contains(there) && !there.contains(e)) return name + " is covered by " + there.outerHTML.slice(0, 80);
  return "";
})()`)
	if hidden != "" {
		p.t.Errorf("%s: the focus cannot be seen: %s", p.address(), hidden)
	}
}

func TestAxeFindsNothingOnEveryPage(t *testing.T) {
	t.Parallel()
	looks := []traits{{language: "en"}, {language: "ar", phone: true}}
	if *shots != "" {
		looks = append(looks, traits{language: "en", phone: true}, traits{language: "ar"})
	}
	for _, how := range looks {
		t.Run(how.name(), func(t *testing.T) {
			t.Parallel()
			walkEveryPage(t, how)
		})
	}
}

func (how traits) name() string {
	if how.phone {
		return how.language + "-360x740"
	}
	return how.language + "-1280x800"
}

// walkEveryPage goes everywhere that a person gets to in the demo.
func walkEveryPage(t *testing.T, how traits) {
	d := startDemo(t)
	p := newPerson(t, d, how)
	look := func(name string) {
		t.Helper()
		p.look(name)
	}
	p.open(d.app)
	look("app")
	p.open(d.box + "/")
	look("inbox-empty")
	for name, address := range map[string]string{"front": d.issuer + "/", "portal": d.portal + "/", "console": d.console + "/"} {
		p.open(address)
		look(name)
	}
	p.open(d.issuer + "/nowhere")
	look("error-not-found")
	p.open(d.authorize(url.Values{"redirect_uri": {d.redirectURI + "/"}}))
	look("error-request")

	p.beginsAtTheApp()
	look("number")
	p.write("#phone_number", "12")
	p.press("#send")
	look("number-problem")
	p.write("#phone_number", "070-174 06 05")
	p.press("#send")
	look("number-confirm")
	p.press("#send")
	look("pin")
	p.clicks("summary")
	p.givesPIN("000000")
	look("pin-wrong")
	p.press("#other-number")
	p.givesNumber(fjordPhone)
	look("pin-fjord")
	for range 5 {
		p.givesPIN("000000")
	}
	look("pin-exhausted")
	p.press("#back")
	look("app-refused")
	p.open(d.box + "/")
	look("inbox")

	p.beginsAtTheApp()
	p.givesNumber("+33639980004")
	var pin string
	p.waits("for the SMS", func() bool {
		texts := d.texts(t, "+33639980004")
		if len(texts) > 0 {
			pin = pinPattern.FindString(texts[0])
		}
		return pin != ""
	})
	p.givesPIN(pin)
	look("consent")
	p.clicks(`input[name="scope"]`)
	look("consent-ticked")
	p.allows()
	p.greeted("+33639980004")
	look("app-signed-in")

	p.press(`form[action="/app/remove"] button`)
	link := p.address()
	look("revoke")
	p.press("#remove")
	look("app-removed")
	p.open(link)
	look("error-link")
	p.open(d.authorize(nil))
	p.press("#allow")
	look("app-code")
	p.open(d.issuer + "/oauth2/sessions/logout?client_id=" + d.clientID)
	look("logout")
	p.press("#stay")
	look("signed-out-stayed")
	p.open(d.issuer + "/oauth2/sessions/logout")
	p.press("#sign-out")
	look("signed-out")

	q := newPerson(t, d, traits{language: how.language, phone: how.phone, noScript: true})
	q.open(d.authorize(url.Values{"response_mode": {"form_post"}}))
	q.givesNumber(d.phone)
	q.givesPIN(d.pin)
	q.press("#allow")
	q.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		return switchScript(ctx, tab, true) // axe-core needs it; the page's own script was not run and will not be
	}))
	q.look("form-post")
}

// look lets axe-core look at the page, light and dark, and checks that it fits.
func (p *person) look(name string) {
	p.t.Helper()
	p.fits()
	p.audits(name, "light", "dark")
}

// audits lets axe-core look at the page in the colours of the schemes.
func (p *person) audits(name string, schemes ...string) {
	p.t.Helper()
	if !evaluate[bool](p, `"axe" in window`) { // it is half a megabyte
		evaluate[chromedp.Void](p, axe)
	}
	for _, scheme := range schemes {
		p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error { return setScheme(ctx, tab, scheme == "dark") }))
		for _, finding := range run(p, chromedp.Evaluate[[]string](audit(scheme == "dark"), chromedp.EvalAwaitPromise)) {
			p.t.Errorf("%s, %s, %s: %s", name, p.name(), scheme, finding)
		}
		if *shots != "" {
			p.photograph(name + "-" + p.name() + "-" + scheme)
		}
	}
	for _, fault := range p.take() {
		p.t.Errorf("%s, %s: %s", name, p.name(), fault)
	}
}

// audit runs the rules of WCAG 2.0 to 2.2, A and AA; of a page that only changed its colours, those about colours. It fetches
// nothing by itself: the pages' policy would forbid it.
func audit(coloursOnly bool) string {
	rules := `{ type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"] }`
	if coloursOnly {
		rules = `{ type: "rule", values: ["color-contrast", "link-in-text-block"] }`
	}
	return `axe.run(document, { preload: false, runOnly: ` + rules + `, rules: { "target-size": { enabled: true } } })
.then(({ violations, passes, incomplete }) => {
  if (passes.length === 0) return ["axe-core looked at nothing"];
  // It may be unsure what is behind a text. It always is where the band ends behind the card, which covers it.
  const behindTheCard = (n) => n.any.some((c) => c.data && c.data.messageKey === "elmPartiallyObscuring") && n.html.startsWith("<h1>");
  // And of what is half out of sight in a box that scrolls: the rest of the box tells.
  const scrolledAway = (n) => document.querySelector(n.target[0]).closest(".tabs, .table, dialog");
  const unsure = incomplete.filter((v) => v.id === "color-contrast");
  for (const v of unsure) v.nodes = v.nodes.filter((n) => !behindTheCard(n) && !scrolledAway(n));
  return violations.concat(unsure).flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html + "\n" + n.failureSummary));
})`
}

func (p *person) photograph(name string) {
	p.t.Helper()
	picture := run(p, chromedp.FullScreenshot(100))
	if err := os.MkdirAll(*shots, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, name+".png"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
