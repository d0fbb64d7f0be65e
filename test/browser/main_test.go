// Package browser signs people in to the example app, and developers to the portal, in Chromium: what only a browser shows.
// The program itself is the fixture, every test runs a demo of its own, and one Chromium with an empty profile serves them
// all, each person in a browser context of their own. Whatever a test is about, it fails on an error in the console, on a
// violation of the Content-Security-Policy and on a request that leaves the demo.
//
//	demo_test.go       builds the program and starts the demo
//	person_test.go     a person at a browser: opens, types, presses, reads
//	watch_test.go      what the browser complains about meanwhile
//	signin_test.go     signing in, refusing, coming back, several tabs, the back button
//	leaving_test.go    ways out: form_post, redirects, signing out, removing the product
//	fonts_test.go      the fonts that the browsers have
//	media_test.go      forced colours, paper
//	access_test.go     without script, by keyboard, in large type, right to left; axe-core on every page
//
//	fits_test.go       every page of every face has room for the longest texts
//	gallery_test.go    measures many pages in one window
//	visitor_test.go    goes through pages without a browser, and keeps them; portal_fits_test.go through those of the portal
//
//	portal_developer_test.go   a person at the developer portal, and the steps to a client
//	portal_walk_test.go        from the portal's front page to a phone number
//	portal_access_test.go      the same without script, and by keyboard
//	portal_pages_test.go       axe-core on every page of the portal, in every size
//	portal_passkey_test.go     passkeys
//	portal_script_test.go      inline checks, copying, dialogs, live preview, two people at once
//
// To look at the pages: go test ./test/browser -run Axe -shots FOLDER; in other fonts: -look narrow
package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	shots = flag.String("shots", "", "a folder for pictures of every page")
	all   = flag.Bool("all", false, "measure every page in every room, language and look")
	look  = flag.String("look", "wide", "the fonts to test with: a name in fonts.txt")
)

const howToInstall = "Install it with scripts/install-test-tools test, which `make test` does, and try again."

// What all tests share. TestMain sets it before the first test and nothing changes it.
var (
	program  string          // the file with the built server
	axe      string          // the source of axe-core
	chromium context.Context // the running browser
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runTests(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

func runTests(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "dialtone-browser-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	source, err := os.ReadFile("../axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		return 0, fmt.Errorf("axe-core is not installed: %w\n%s", err, howToInstall)
	}
	axe = string(source)
	program = filepath.Join(folder, "dialtone")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/dialtone-id/dialtone/cmd/dialtone").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	var end func()
	if chromium, end, err = startChromium(folder, *look); err != nil {
		return 0, err
	}
	defer end()
	return m.Run(), nil
}

// startChromium starts a browser with an empty profile that has the fonts of the look and no others. What it keeps is below
// the folder.
func startChromium(folder, look string) (browser context.Context, stop func(), err error) {
	found, err := findChromium()
	if err != nil {
		return nil, nil, err
	}
	families := looks()[look]
	if families == nil {
		return nil, nil, fmt.Errorf("fonts.txt has no look %q", look)
	}
	fonts, err := fontconfig(filepath.Join(folder, look), families)
	if err != nil {
		return nil, nil, err
	}
	allocator, release := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(found), chromedp.UserDataDir(filepath.Join(folder, look, "profile")), chromedp.Env("FONTCONFIG_FILE="+fonts),
		chromedp.Flag("headless", true), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		// Tabs of the tests that run beside each other must not wait for each other.
		chromedp.Flag("disable-background-timer-throttling", true), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
	)
	browser, end := chromedp.NewContext(allocator)
	stop = func() { end(); release() }
	if err := chromedp.Do(browser); err != nil {
		stop()
		return nil, nil, fmt.Errorf("start %s: %w", found, err)
	}
	return browser, stop, nil
}

func findChromium() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("there is no Chromium on this machine. " + howToInstall)
}
