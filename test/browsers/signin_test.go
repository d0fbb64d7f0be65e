package browsers

import (
	"errors"
	"strings"
	"time"
)

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

func (p *person) givesPIN(pin string) {
	p.t.Helper()
	p.write("#pin", pin)
	p.press("#continue")
}

func (p *person) allows() {
	p.t.Helper()
	p.at("/consent")
	p.press("#allow")
}

func (p *person) greeted(number string) {
	p.t.Helper()
	p.arrives(p.demo.app)
	p.reads("Hello, "+number, `"phone_number": "`+number+`"`, `"phone_number_verified": true`)
}

func (p *person) signsIn() {
	p.t.Helper()
	p.beginsAtTheApp()
	p.givesNumber(p.demo.phone)
	p.givesPIN(p.demo.pin)
	p.allows()
	p.greeted(p.demo.phone)
}

// pinSince waits for one more text than there were, and returns its PIN.
func (p *person) pinSince(before int) string {
	p.t.Helper()
	var pin string
	p.waits("for the SMS", func() error {
		texts := p.demo.texts(p.t, fjordPhone)
		if len(texts) <= before {
			return errors.New("it did not come")
		}
		pin = pinPattern.FindString(texts[0])
		return nil
	})
	return pin
}

// asksAgain waits for the button to be free, as the page counts down, and presses it.
func (p *person) asksAgain() {
	p.t.Helper()
	if free, err := ask[bool](p, `document.querySelector("#resend:enabled") !== null`); err != nil || free {
		p.t.Errorf("the PIN can be sent again at once (%v)", err)
	}
	p.reads("You can send it again in")
	p.waitsFor(time.Minute, "until the PIN can be sent again", func() error {
		free, err := ask[bool](p, `document.querySelector("#resend:enabled") !== null`)
		if err == nil && !free {
			return errors.New("the button is not free")
		}
		return err
	})
	p.doesNotRead("You can send it again in")
	p.press("#resend")
}

// The stories.

func signsInFromTheApp(p *person) {
	p.beginsAtTheApp()
	p.reads("Sign in to Example app", "Example Apps")
	p.givesNumber(p.demo.phone)
	p.reads("Enter your PIN", "••")
	p.doesNotRead(p.demo.phone)
	p.givesPIN(p.demo.pin[:3] + " " + p.demo.pin[3:]) // as people read it from the SMS
	p.reads("Add Example app to", "You choose whether it may also:")
	p.clicks(`input[name="scope"]`)
	p.allows()
	p.greeted(p.demo.phone)
	p.reads("sms.text:send_to_subscriber", `"iss": "`+p.demo.issuer+`"`)
	p.press(`form[action="/app/refresh"] button`)
	p.greeted(p.demo.phone)

	p.open(p.demo.box + "/app/login") // remembered
	p.greeted(p.demo.phone)
	p.press(`form[action="/app/logout"] button`)
	p.arrives(p.demo.app)
	p.reads("Sign in with your phone")
	p.beginsAtTheApp()
}

func refuses(p *person) {
	p.beginsAtTheApp()
	p.givesNumber(p.demo.phone)
	p.givesPIN(p.demo.pin)
	p.at("/consent")
	p.press("#deny")
	p.arrives(p.demo.redirectURI)
	p.reads("You did not sign in", "access_denied")

	p.open(p.demo.box + "/app/login") // and changes their mind; who it is stays known
	p.reads("Add Example app to")
}

func hasThePINSentAgain(p *person) {
	p.beginsAtTheApp()
	p.givesNumber(fjordPhone)
	p.reads("Fjord Mobile")
	pin := p.pinSince(0)
	p.asksAgain()
	p.reads("We are sending it again")
	if again := p.pinSince(1); again != pin {
		p.t.Errorf("the PIN sent again is another one")
	}
	p.reloads() // sends nothing
	p.reads("Enter your PIN")
	if texts := p.demo.texts(p.t, fjordPhone); len(texts) != 2 {
		p.t.Errorf("%d SMS were sent, want 2", len(texts))
	}
	p.givesPIN(pin)
	p.allows()
	p.greeted(fjordPhone)
}

func asksForANewPIN(p *person) {
	p.beginsAtTheApp()
	p.givesNumber(fjordPhone)
	old := p.pinSince(0)
	wrong := "000000"
	if old == wrong {
		wrong = "111111"
	}
	for range 5 {
		p.givesPIN(wrong)
	}
	p.reads("You need a new PIN", "Too many wrong PINs.")
	p.asksAgain()
	p.reads("We are sending a new PIN. Only the newest one works.")
	p.givesPIN(p.pinSince(1))
	p.allows()
	p.greeted(fjordPhone)
}

func wandersOnTheWay(p *person) {
	p.beginsAtTheApp()
	p.write("#phone_number", "070")
	p.press("#send")
	p.reads("This number is too short")
	p.holds("#phone_number", "070")
	p.reloads()
	p.reads("This number is too short")
	p.goesBack()
	p.reads("Sign in to Example app", "Phone number")
	p.goesForward()
	p.reads("This number is too short")
	p.write("#phone_number", "0701740605")
	p.press("#send")
	p.reads("Is this your number?", "+46 70 174 06 05")
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
	p.givesPIN(p.demo.pin)
	p.at("/consent")
	p.goesBack()
	p.reloads() // WebKit shows the page as it was left; loaded again it leads on, for the PIN is entered
	p.reads("Add Example app to")
	p.at("/consent")
	p.allows()
	p.greeted(p.demo.phone)
	p.goesBack()
	p.at("/consent")
	p.reloads()
	p.reads("You have answered this already")
	p.goesForward()
	p.greeted(p.demo.phone)
}

func answersTwice(p *person) {
	p.beginsAtTheApp()
	p.givesNumber(p.demo.phone)
	p.givesPIN(p.demo.pin)
	p.at("/consent")
	question := p.address()
	back := p.newTab()
	p.open(question)
	p.allows()
	p.greeted(p.demo.phone)
	back()
	p.press("#deny")
	p.arrives(p.demo.redirectURI)
	p.reads("access_denied")
	p.open(p.demo.box + "/app/login") // the consent is gone
	p.reads("Add Example app to")
}

func keepsAndRemoves(p *person) {
	p.signsIn()
	p.press(`form[action="/app/remove"] button`)
	p.at("/revoke-consent")
	p.reads("Remove Example app from", "Cancel")
	p.press("#cancel")
	p.arrives(p.demo.box + "/app/removed?error=access_denied&state=")
	p.reads("Nothing was removed")
	p.press(`main a[href="/app/"]`)
	p.press(`form[action="/app/refresh"] button`)
	p.greeted(p.demo.phone)

	p.press(`form[action="/app/remove"] button`)
	p.at("/revoke-consent")
	link := p.address()
	p.press("#remove")
	p.arrives(p.demo.box + "/app/removed?state=")
	p.reads("The product is removed")
	p.goesBack()
	p.reloads()
	p.reads("This link no longer works")
	p.open(link)
	p.reads("This link no longer works")
	p.open(p.demo.box + "/app/login")
	p.at("/consent")
	p.reads("Add Example app to")
	if strings.Contains(p.address(), "error") {
		p.t.Errorf("the question is at %s", p.address())
	}
}
