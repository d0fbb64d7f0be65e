// Package browsers runs the stories of sign-in, of the revoke link and of the developer portal in every browser that it has a
// driver for: Chromium, Firefox and WebKit. A story is written once and knows no browser; it has a demo and an empty profile of
// its own. Whatever it is about, it fails on a page that is wider than the window and on a browser's own error page.
//
//	main_test.go         builds the program; which stories run where
//	demo_test.go         starts the demo
//	launch_test.go       starts a browser
//	webdriver_test.go    talks to it: W3C WebDriver
//	marionette_test.go   the same to Firefox, which needs no driver
//	person_test.go       somebody at a browser: opens, types, presses, reads
//	signin_test.go       stories of a subscriber
//	portal_test.go       stories of a developer
//
// It takes minutes, so `make test` leaves it out and `make browsers` runs it. One browser, one story:
//
//	go test ./test/browsers -v -in firefox -run 'Stories/.*/refuses'
package browsers

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var (
	in    = flag.String("in", "", "the browsers, with commas between: "+strings.Join(browserNames(), ","))
	shots = flag.String("shots", "", "a folder for a picture of where each story ended")
)

// program is the file with the built server. TestMain sets it before the first test and nothing changes it.
var program string

const howToInstall = "Install it with scripts/install-test-tools browsers, which `make browsers` does, and try again."

// stories are what runs in every browser.
var stories = []struct {
	name string
	run  func(*person)
}{
	{"a person signs in from the example app", signsInFromTheApp},
	{"a person refuses and is back in the app", refuses},
	{"a person reads a PIN that is sent again", hasThePINSentAgain},
	{"a person guesses too often and asks for a new PIN", asksForANewPIN},
	{"a person goes back, forward and reloads on the way to the app", wandersOnTheWay},
	{"a person answers a question twice and the last word counts", answersTwice},
	{"a person keeps the product and then removes it", keepsAndRemoves},
	{"a developer gets from the front page to a client", getsToAClient},
	{"a developer goes back, forward and reloads after every form", wandersInThePortal},
}

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
	if *in == "" {
		return m.Run(), nil
	}
	folder, err := os.MkdirTemp("", "dialtone-browsers-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(folder)
	program = filepath.Join(folder, "dialtone")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/dialtone-id/dialtone/cmd/dialtone").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return m.Run(), nil
}

func TestStories(t *testing.T) {
	if *in == "" {
		t.Skip("`make browsers` runs them; here: -in " + strings.Join(browserNames(), ","))
	}
	for name := range strings.SplitSeq(*in, ",") {
		start := launchers[name]
		if start == nil {
			t.Fatalf("there is no browser %q; there are: %s", name, strings.Join(browserNames(), ", "))
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			for _, story := range stories {
				t.Run(story.name, func(t *testing.T) {
					p := &person{t: t, demo: startDemo(t)}
					p.wire = start(t)
					p.prepare()
					t.Cleanup(func() { p.picture(name + " " + story.name) })
					story.run(p)
				})
			}
			fmt.Printf("browsers: %s: %d stories in %.0f s, failed: %t\n", name, len(stories), time.Since(began).Seconds(), t.Failed())
		})
	}
}
