package server_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/server"
)

var secondsLeft = regexp.MustCompile(`in [0-9]+ seconds?`)

func TestAnUnknownNumberGetsTheSamePagesAndNoSMS(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	// What a page is without what differs between any two requests.
	pages := func(number string) (seen []string) {
		tab := h.browser(t).open(a.address()).fill("phone_number", number).press("send")
		look := func() {
			text := strings.NewReplacer(tab.hidden("r"), "R", number[len(number)-4:], "LAST").Replace(tab.text())
			text = secondsLeft.ReplaceAllString(text, "in a while") // they run on while the test does
			seen = append(seen, fmt.Sprint(tab.status, tab.heading(), text, tab.header.Get("Content-Security-Policy")))
		}
		look()
		for range 5 {
			if tab.shows("pin") {
				tab.fill("pin", "000000").press("continue")
				look()
			}
		}
		return seen
	}
	// A PIN of 000000 would be a hit once in a million runs.
	want := pages(kim)
	for name, number := range map[string]string{"unknown": nobody, "blocked": barred} {
		got := pages(number)
		if len(got) != len(want) {
			t.Fatalf("%s: %d pages, a served number has %d", name, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s, page %d:\n%s\nserved:\n%s", name, i, got[i], want[i])
			}
		}
	}
	h.stop() // sends what waits
	if len(h.received(kim)) != 1 || len(h.received(nobody)) != 0 || len(h.received(barred)) != 0 {
		t.Errorf("SMS: %d to the served, %d to the unknown, %d to the blocked number", len(h.received(kim)), len(h.received(nobody)), len(h.received(barred)))
	}
}

func TestPINsToANumberAreRationed(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		ask := func() *tab { return h.browser(t).open(a.address()).fill("phone_number", kim).press("send") }
		for range 5 {
			ask().wants(http.StatusOK, "Enter your PIN")
			h.pin(kim)
		}
		sixth := ask().wants(http.StatusOK, "Sign in to Storytime", "PINs were requested too often for this number.")
		if wait, err := strconv.Atoi(sixth.waiting); err != nil || wait < 3000 || wait > 3600 {
			t.Errorf("five an hour: Retry-After %q", sixth.waiting)
		}
		// Anybody else's number is not touched.
		h.browser(t).open(a.address()).fill("phone_number", robin).press("send").wants(http.StatusOK, "Enter your PIN")
		h.pass("budget_entry", time.Hour, "spent_at")
		ask().wants(http.StatusOK, "Enter your PIN")
	})
}

func TestOneNetworkCannotHaveSMSSentToEverybody(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	a := h.story(t)
	const most = 30
	for n := range most {
		h.browser(t).open(a.address()).fill("phone_number", fmt.Sprintf("+336399800%02d", n+10)).press("send").wants(http.StatusOK, "Enter your PIN")
	}
	last := h.browser(t).open(a.address()).fill("phone_number", kim).press("send")
	if last.waiting == "" {
		t.Errorf("number %d: %d %s", most+1, last.status, last.text())
	}
	h.stop()
	if len(h.received(kim)) != 0 {
		t.Error("an SMS was sent")
	}
}

func TestANumberThatStrangersGuessAtKeepsItsOwner(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		mine, _ := a.tokens(kim) // this browser knows the number
		owner := h.browser(t).open(a.address()).fill("phone_number", kim).press("send").wants(http.StatusOK, "Enter your PIN", "6-digit PIN")
		pin := h.pin(kim)
		for range 2 { // strangers, each with five wrong PINs
			tab := h.browser(t).open(a.address()).fill("phone_number", kim).press("send").wants(http.StatusOK, "Enter your PIN")
			real := h.pin(kim)
			for n := range 5 {
				tab.fill("pin", differentFrom(real, n+1)).press("continue")
			}
			tab.wants(http.StatusOK, "You need a new PIN")
		}
		// The right PIN counts, in a browser that was never here.
		a.code(owner.fill("pin", pin).press("continue"))
		// Whoever asks now gets a longer one.
		tab := h.browser(t).open(a.address()).fill("phone_number", kim).press("send").wants(http.StatusOK, "Enter your PIN", "8-digit PIN")
		long, _, _ := strings.Cut(h.sms(kim), " ")
		if len(long) != 8 {
			t.Fatalf("the PIN has %d digits", len(long))
		}
		tab.fill("pin", long[:6]).press("continue").wants(http.StatusOK, "Enter your PIN", "The PIN has 8 digits")
		a.code(tab.fill("pin", long).press("continue"))
		// Strangers are out of PINs, and the owner's browser is not.
		h.browser(t).open(a.address()).fill("phone_number", kim).press("send").wants(http.StatusOK, "Sign in to Storytime")
		again := mine.open(a.address("prompt", "login")).fill("phone_number", kim).press("send").wants(http.StatusOK, "Enter your PIN", "6-digit PIN")
		a.code(again.fill("pin", h.pin(kim)).press("continue"))
	})
}

// TestWhatLimitsRefuseIsInTheMetrics: an operator sees under attack which limit bites.
func TestWhatLimitsRefuseIsInTheMetrics(t *testing.T) {
	t.Parallel()
	var metrics string
	h := openHouse(t, func(c *server.Config) {
		socket, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		metrics = socket.Addr().String()
		if err := socket.Close(); err != nil {
			t.Fatal(err)
		}
		c.MetricsListen = metrics
	})
	a := h.story(t)
	ask := func() *tab { return h.browser(t).open(a.address()).fill("phone_number", kim).press("send") }
	for range 2 {
		tab := ask().wants(http.StatusOK, "Enter your PIN")
		real := h.pin(kim)
		for n := range 5 {
			tab.fill("pin", differentFrom(real, n+1)).press("continue")
		}
	}
	for range 3 {
		ask().wants(http.StatusOK, "Enter your PIN", "8-digit PIN")
	}
	ask().wants(http.StatusOK, "Sign in to Storytime", "PINs were requested too often for this number.")
	answer, err := http.Get("http://" + metrics + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	shown, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`dialtone_budget_refusals_total{budget="number-network-sends"} 1`, `dialtone_budget_refusals_total{budget="pin-tries"} 2`,
		`dialtone_long_codes_total{budget="number-failures"} 3`, `dialtone_budget_refusals_total{budget="number-sends"} 0`,
	} {
		if !strings.Contains(string(shown), want+"\n") {
			t.Errorf("the metrics do not have %s", want)
		}
	}
}

func TestThePINIsRightForOneOfManyWhoTryAtOnce(t *testing.T) {
	onBothEngines(t, func(t *testing.T, h *house) {
		a := h.story(t)
		b := h.browser(t)
		tab := b.open(a.address()).fill("phone_number", kim).press("send")
		pin := h.pin(kim)
		sealed, cookie := tab.hidden("r"), "dialtone_browser="+b.cookie("dialtone_browser")
		const many = 20
		var wrong, refused atomic.Int32
		var at sync.WaitGroup
		for n := range many {
			at.Go(func() {
				r := h.send(t, http.MethodPost, "/signin/pin", header("Content-Type", formType, "Cookie", cookie, "Accept-Language", "en"),
					form("r", sealed, "pin", differentFrom(pin, n+1)).Encode())
				if r.status != http.StatusSeeOther {
					t.Errorf("a PIN is answered with %d %s", r.status, r.body)
				}
				r = h.send(t, http.MethodGet, r.header.Get("Location"), header("Cookie", cookie, "Accept-Language", "en"), "")
				switch {
				case strings.Contains(r.body, "Wrong PIN"):
					wrong.Add(1)
				case strings.Contains(r.body, "Too many wrong PINs"):
					refused.Add(1)
				default:
					t.Errorf("%d %s", r.status, r.body)
				}
			})
		}
		at.Wait()
		if wrong.Load() > 4 || wrong.Load()+refused.Load() != many {
			t.Errorf("%d guesses were answered, %d refused; 5 tries are all", wrong.Load(), refused.Load())
		}
		tab.fill("pin", pin).press("continue").wants(http.StatusOK, "You need a new PIN")
	})
}
