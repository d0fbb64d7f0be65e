package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// shownOn makes the tab as if its pages were on another medium, or in other colours.
func (p *person) shownOn(media string, features ...*emulation.MediaFeature) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media, Features: features})
		return err
	}))
}

// In forced colours a page has few colours and no backgrounds of its own, and a transparent line is seen.
func TestWhereOneIsCanBeToldInForcedColours(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{}, "developer@example.com")
	d.comesIn()
	d.shownOn("", &emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	for _, path := range []string{"/organizations/org_demo", "/products/product_demo/scopes", "/docs"} {
		d.visits(path)
		told := evaluate[int](d.person, `(() => {
  const look = (e) => { const s = getComputedStyle(e); return [s.borderBlockEndColor, s.borderBlockEndWidth, s.outlineStyle, s.outlineColor].join(); };
  const lists = [...document.querySelectorAll(".tabs, .contents ul")].filter((e) => e.querySelector("[aria-current]"));
  return lists.filter((list) => {
    const others = [...list.querySelectorAll("a:not([aria-current])")].map(look);
    return others.length > 0 && !others.includes(look(list.querySelector("[aria-current]")));
  }).length;
})()`)
		if told != 1 {
			t.Errorf("%s: %d lists of links tell which one is open, want 1", path, told)
		}
	}
}

// What is printed is read, not pressed, and it is ink on paper, whatever colours the screen has.
func TestPaperHasNoButtonsAndNoDarkColours(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.givesNumber(d.phone)
	p.givesPIN(d.pin)
	p.printsWell("/consent")
	for _, path := range []string{"/docs", "/docs/endpoints", "/docs/api"} {
		p.open(d.portal + path)
		p.printsWell(path)
	}
}

func (p *person) printsWell(name string) {
	p.t.Helper()
	p.shownOn("print", &emulation.MediaFeature{Name: "prefers-color-scheme", Value: "dark"})
	found := evaluate[[]string](p, `(() => {
  const found = [...document.querySelectorAll("button, .button, input[type=search], header.bar, .contents")].filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 80));
  const light = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) / 3;
  for (const e of document.querySelectorAll("h1, p, code")) {
    if (e.checkVisibility() && light(getComputedStyle(e).color) > 130) found.push("pale: " + e.outerHTML.slice(0, 80));
  }
  return found.slice(0, 5);
})()`)
	if len(found) > 0 {
		p.t.Errorf("%s, printed, has %q", name, found)
	}
	p.shownOn("")
}
