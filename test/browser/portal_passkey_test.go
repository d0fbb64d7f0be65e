package browser

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

func TestADeveloperSignsInWithAPasskey(t *testing.T) {
	t.Parallel()
	d := newDeveloper(t, startDemo(t), traits{}, "mary@example.com")
	lock := d.hasScreenLock()
	d.comesIn()
	d.visits("/account")
	d.write("#passkey-name", "My laptop")
	d.press("#add-passkey button")
	d.reads("My laptop", "not used yet")
	d.goesOut()

	d.signsInInTheField()
	d.goesOut()
	d.signsInByButton(lock)
	d.visits("/account")
	d.reads("By passkey", "last used")

	d.clicks("summary:has(.unseen)")
	d.press(`form[action$="/remove"] button`)
	d.reads("by the screen lock of your phone or computer")
	if d.has(`form[action^="/account/passkeys/"]`) {
		t.Error("the removed passkey is still in the list")
	}
	d.goesOut()
	d.take()
	d.visits("/signin") // where the browser offers it in the field by itself
	d.reads("This passkey does not open an account here")
	d.comesTo("/signin")
	// The refusal is an answer to the page's script, which the console tells, too.
	if faults := slices.DeleteFunc(d.take(), func(f string) bool { return strings.Contains(f, "/signin/passkey/finish") }); len(faults) > 0 {
		t.Errorf("the console says %q", faults)
	}
}

// hasScreenLock puts an authenticator into the tab that says yes by itself, as a phone or laptop does whose owner is there.
func (d *developer) hasScreenLock() webauthn.AuthenticatorID {
	d.t.Helper()
	return run(d.person, func(ctx context.Context, tab *chromedp.Target) (webauthn.AuthenticatorID, error) {
		if _, err := cdp.Call(ctx, tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return "", err
		}
		added, err := cdp.Call(ctx, tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{
			Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
			},
		})
		return added.AuthenticatorID, err
	})
}

// says whether the authenticator answers for its owner.
func (d *developer) says(lock webauthn.AuthenticatorID, yes bool) {
	d.t.Helper()
	d.do(chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{
			AuthenticatorID: lock, Enabled: yes,
		})
		return err
	}))
}

// signsInInTheField takes the passkey that the browser offers in the e-mail field, which this authenticator does at once.
func (d *developer) signsInInTheField() {
	d.t.Helper()
	d.visits("/signin")
	d.arrives(d.demo.portal + "/organizations/new")
	d.reads("Create your organization")
}

// signsInByButton presses the one button. The request that waits in the e-mail field gives way without a word.
func (d *developer) signsInByButton(lock webauthn.AuthenticatorID) {
	d.t.Helper()
	d.says(lock, false)
	d.visits("/signin")
	d.waits("for the request in the e-mail field", func() bool { return d.begun() == "1" })
	d.says(lock, true)
	d.clicks("#passkey")
	d.arrives(d.demo.portal + "/organizations/new")
	d.reads("Create your organization")
}

// begun counts the sign-ins by passkey that the page has begun.
func (d *developer) begun() string {
	return d.glance(`String(performance.getEntriesByType("resource").filter((e) => e.name.endsWith("/signin/passkey/begin")).length)`)
}
