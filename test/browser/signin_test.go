package browser

import (
	"slices"
	"strings"
	"testing"
)

func TestAPersonSignsInFromTheExampleApp(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.reads("Sign in to Example app", "Example Apps")
	p.givesNumber(d.phone)
	p.reads("Enter your PIN", "••")
	if strings.Contains(p.text(), d.phone) {
		t.Error("the PIN page shows the whole number")
	}
	if left := evaluate[string](p, `document.querySelector("#pin-time [data-seconds]").textContent`); left != "5:00" && !strings.HasPrefix(left, "4:5") {
		t.Errorf("a PIN that is a moment old is said to work for %s", left)
	}
	p.givesPIN(d.pin)
	p.reads("Add Example app to", "You choose whether it may also:")
	p.clicks(`input[name="scope"]`)
	p.allows()
	p.greeted(d.phone)
	p.reads("Granted:", "openid", "phone", "offline_access", "sms.text:send_to_subscriber", `"iss": "`+d.issuer+`"`, `"amr"`)
	p.press(`form[action="/app/refresh"] button`)
	p.greeted(d.phone)
}

func TestAPersonWhoLeavesTheOptionalBoxEmptyDoesNotGrantIt(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.signsIn()
	if strings.Contains(p.text(), "sms.text:send_to_subscriber") {
		t.Error("an optional scope was granted without its box")
	}
}

func TestAPersonWithANumberInNationalWritingSeesItWholeBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.write("#phone_number", "070-174 06 05")
	p.press("#send")
	p.reads("Is this your number?", "+46 70 174 06 05")
	p.press("#edit")
	p.at("/signin")
	p.write("#phone_number", "070-174 06 05")
	p.press("#send")
	p.press("#send")
	p.at("/signin/pin")
	p.givesPIN(d.pin)
	p.allows()
	p.greeted(d.phone)
}

func TestAPersonRefusesAndIsBackInTheApp(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.givesNumber(d.phone)
	p.givesPIN(d.pin)
	p.press("#deny")
	p.arrives(d.redirectURI)
	p.reads("You did not sign in", "access_denied")
}

func TestAPersonGoesBackToTheAppFromTheNumberAndThePINPage(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.press("#back")
	p.reads("You did not sign in", "access_denied")
	p.beginsAtTheApp()
	p.givesNumber(d.phone)
	p.press("#other-number")
	p.at("/signin")
	p.givesNumber(otherTestPhone)
	p.press("#back")
	p.reads("You did not sign in", "access_denied")
}

func TestAPersonWhoComesBackLaterIsRememberedAndSeesNoPage(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.signsIn()
	p.pages()
	p.open(d.box + "/app/login")
	p.greeted(d.phone)
	if shown := p.pages(); !slices.Equal(shown, []string{d.app}) {
		t.Errorf("the person saw %q, want nothing but the app", shown)
	}
}

func TestAFjordSubscriberReadsThePINInTheDemoInbox(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	box := p.newTab()
	box.open(d.box + "/")
	box.reads("Nothing yet")
	p.beginsAtTheApp()
	p.givesNumber(fjordPhone)
	p.reads("Fjord Mobile")
	// The inbox is not touched: it shows what comes by itself.
	box.reads(fjordPhone, "Example app")
	pin := pinPattern.FindString(evaluate[string](box, `document.querySelector("#messages .text").innerText`))
	p.givesPIN(pin)
	p.reads("Fjord Mobile")
	p.allows()
	p.greeted(fjordPhone)
}

func TestAPersonMistypesThePINAndThenDoesNot(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.givesNumber(d.phone)
	if status := p.givesPIN("000000"); status != 200 {
		t.Errorf("the page after a wrong PIN has status %d, want 200", status)
	}
	p.reads("Wrong PIN. You have 4 tries left.")
	p.focusIsOn("#pin")
	p.givesPIN("12 34")
	p.reads("The PIN has 6 digits.")
	p.givesPIN(d.pin[:3] + " " + d.pin[3:])
	p.allows()
	p.greeted(d.phone)
}

// TestBackForwardAndReloadLeadAPersonNowhereElse walks the sign-in as people do who are not sure: no browser asks whether to send
// a form again, and no reload counts as an act.
func TestBackForwardAndReloadLeadAPersonNowhereElse(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.write("#phone_number", "070")
	p.press("#send")
	p.reads("This number is too short")
	p.goesBack()
	p.reads("Sign in to Example app", "Phone number")
	p.write("#phone_number", "0701740605")
	p.press("#send")
	p.reads("Is this your number?")
	p.press("#send")
	p.at("/signin/pin")
	p.goesBack()
	p.reads("Is this your number?")
	p.goesForward()
	p.reads("Enter your PIN")
	p.givesPIN("000000")
	for range 3 {
		p.reads("Wrong PIN. You have 4 tries left.")
		p.reloads()
	}
	p.reads("Wrong PIN. You have 4 tries left.")
	p.givesPIN(d.pin)
	p.at("/consent")
	p.goesBack()
	p.reads("Add Example app to") // the PIN is entered: its page leads on
	p.at("/consent")
	p.reloads()
	p.allows()
	p.greeted(d.phone)
	p.goesBack()
	p.arrives(d.issuer + "/consent?")
	p.reloads() // the browser may have kept the page as it was left
	p.reads("You have answered this already")
	p.goesForward()
	p.greeted(d.phone)
}

func TestAPersonTypesThePINInArabicDigits(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{language: "ar"})
	p.beginsAtTheApp()
	p.givesNumber(d.phone)
	p.givesPIN(strings.Map(func(digit rune) rune { return digit - '0' + '٠' }, d.pin))
	p.allows()
	p.greeted(d.phone)
}

func TestTwoTabsAtOnceWithTwoNumbersBothArrive(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	first := newPerson(t, d, traits{})
	first.beginsAtTheApp()
	second := first.newTab()
	second.beginsAtTheApp()
	second.givesNumber(otherTestPhone)
	first.givesNumber(d.phone)
	first.givesPIN(d.pin)
	first.allows()
	first.greeted(d.phone)
	second.givesPIN(otherTestPIN)
	second.allows()
	second.greeted(otherTestPhone)
}

func TestTwoTabsAtOnceWithTheSameNumberBothArrive(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	first := newPerson(t, d, traits{})
	first.beginsAtTheApp()
	first.givesNumber(d.phone)
	second := first.newTab()
	second.beginsAtTheApp()
	second.givesNumber(d.phone)
	first.givesPIN(d.pin)
	first.allows()
	first.greeted(d.phone)
	second.givesPIN(d.pin) // the consent is there already
	second.greeted(d.phone)
}

func TestTheBackButtonAfterThePINLeadsOnAgain(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.givesNumber(d.phone)
	p.givesPIN(d.pin)
	p.at("/consent")
	p.goesBack()
	p.arrives(d.issuer + "/consent")
	p.allows()
	p.greeted(d.phone)
}

func TestTheBackButtonBeforeThePINLeadsToTheNumber(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	p := newPerson(t, d, traits{})
	p.beginsAtTheApp()
	p.givesNumber(otherTestPhone)
	p.goesBack()
	p.arrives(d.issuer + "/signin?")
	p.givesNumber(d.phone)
	p.givesPIN(d.pin)
	p.allows()
	p.greeted(d.phone)
}

func TestASecondTabAtTheSamePINPageGoesOnAfterTheFirst(t *testing.T) {
	t.Parallel()
	d := startDemo(t)
	first := newPerson(t, d, traits{})
	first.beginsAtTheApp()
	first.givesNumber(d.phone)
	second := first.newTab()
	second.open(first.address())
	first.givesPIN(d.pin)
	first.at("/consent")
	second.givesPIN(d.pin)
	second.allows()
	second.greeted(d.phone)
	// Both tabs show one question, and the app has its answer: the same code again would be a replay.
	first.press("#allow")
	first.reads("You have answered this already")
}
