package browser

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/measure.js
var measureScript string

// picture is a page as a server answered with it.
type picture struct {
	name     string // the page's struct or template, and how one came to it
	origin   string // of the server, if one answered
	language string
	html     []byte
}

// gallery shows the pages of one face again, each below /page/, and what they load from where they came from.
type gallery struct {
	face     string
	pictures []picture
	rest     http.Handler
	server   *httptest.Server
}

// newGallery opens a gallery. What a page loads is answered by rest.
func newGallery(t *testing.T, face string, pictures []picture, rest http.Handler) *gallery {
	t.Helper()
	g := &gallery{face: face, pictures: pictures, rest: rest}
	g.server = httptest.NewServer(g)
	t.Cleanup(g.server.Close)
	return g
}

func (g *gallery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, isPage := strings.CutPrefix(r.URL.Path, "/page/")
	switch {
	case isPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if n, err := strconv.Atoi(number); err == nil && n < len(g.pictures) {
			_, _ = w.Write(g.pictures[n].html)
		}
	case r.URL.Path == "/measure":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>Gallery</title><body><script>%s</script>", measureScript)
	case r.Method == http.MethodGet:
		g.rest.ServeHTTP(w, r)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

// from answers as another server does, asked by the client.
func from(client *http.Client, origin string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := client.Get(origin + r.URL.RequestURI())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		for _, name := range []string{"Content-Type", "Cache-Control"} {
			w.Header().Set(name, answer.Header.Get(name))
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	})
}

// room is a window and the type in it.
type room struct {
	width    int // points
	typeSize int // per cent of the usual
}

func (r room) String() string { return fmt.Sprintf("%d points, type of %d %%", r.width, r.typeSize) }

// measures reports what has no room on the pages of these languages, in any of the rooms. No languages: all.
func (g *gallery) measures(t *testing.T, browser context.Context, rooms []room, languages ...string) {
	t.Helper()
	for _, f := range g.faults(t, browser, rooms, languages...) {
		p := g.pictures[f.Page]
		t.Errorf("%s, %s (%s) %s: at %s: %s", g.face, p.name, p.language, f.State, f.room, f.What)
	}
}

// faults is what has no room on the pages. What is on many of them or in several rooms is told once.
func (g *gallery) faults(t *testing.T, browser context.Context, rooms []room, languages ...string) []fault {
	t.Helper()
	ctx, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	if err := chromedp.Do(ctx, chromedp.Navigate(g.server.URL+"/measure")); err != nil {
		t.Fatal(err)
	}
	// Bars of the browser's own take room, on the left in pages from right to left; phones have none.
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScrollbarsHidden, emulation.SetScrollbarsHiddenParams{Hidden: true})
		return err
	})); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var numbers []int
	for n, p := range g.pictures {
		if len(languages) == 0 || slices.Contains(languages, p.language) {
			numbers = append(numbers, n)
		}
	}
	var all []fault
	told := make(map[string]bool)
	for some := range slices.Chunk(numbers, 16) {
		load := fmt.Sprintf("hold(%s)", strings.Join(strings.Fields(fmt.Sprint(some)), ","))
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[chromedp.Void](load, chromedp.EvalAwaitPromise)); err != nil {
			t.Fatalf("%s: %v", g.face, err)
		}
		for _, r := range rooms {
			found, err := chromedp.Run(ctx, measure(r))
			if err != nil {
				t.Fatalf("%s, %s: %v", g.face, r, err)
			}
			for _, f := range found {
				if key := excess.ReplaceAllString(f.What, ""); !told[key] {
					told[key] = true
					f.room = r
					all = append(all, f)
				}
			}
		}
	}
	return all
}

// excess is by how much something has no room.
var excess = regexp.MustCompile(`[0-9]+`)

// fault is what has no room on a page.
type fault struct {
	Page        int
	State, What string
	room        room
}

func measure(r room) chromedp.Action[[]fault] {
	return func(ctx context.Context, tab *chromedp.Target) ([]fault, error) {
		if _, err := cdp.Call(ctx, tab, page.SetFontSizes, fonts(r.typeSize)); err != nil {
			return nil, err
		}
		return chromedp.Evaluate[[]fault](fmt.Sprintf("measure(%d)", r.width))(ctx, tab)
	}
}
