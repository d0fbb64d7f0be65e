package portal_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// What answered a form is there for the session that sent it, for ten minutes, and then the form stands for itself.
func TestTheAnswerToAFormIsKeptForItsSession(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	organization := b.organization("kept@example.com", "Keepers")
	other := b.join(organization, "colleague@example.com", "owner")
	refused := b.post(organization+"/members/invite", "email", "typed by one", "role", "developer").want(http.StatusUnprocessableEntity)
	if !strings.HasPrefix(refused.path, organization+"/members/invite?kept=") || refused.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("shown at %s, Cache-Control %q", refused.path, refused.header.Get("Cache-Control"))
	}
	second := b.post(organization+"/members/invite", "email", "typed by another tab", "role", "developer")
	for range 2 {
		if again := b.get(refused.path).want(http.StatusUnprocessableEntity); again.value("email") != "typed by one" {
			t.Errorf("a reload shows %q", again.value("email"))
		}
	}
	if got := b.get(second.path).value("email"); got != "typed by another tab" {
		t.Errorf("the second tab shows %q", got)
	}
	if got := other.get(refused.path).want(http.StatusOK).value("email"); got != "" {
		t.Errorf("a colleague reads %q", got)
	}
	b.later(11 * time.Minute)
	if got := b.get(refused.path).want(http.StatusOK).value("email"); got != "" {
		t.Errorf("after eleven minutes: %q", got)
	}
}

func TestWhoIsNotSignedInKeepsWhatWasTypedInThisBrowserOnly(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	refused := b.post("/signin", "email", "nobody").want(http.StatusUnprocessableEntity)
	if got := b.get(refused.path).want(http.StatusUnprocessableEntity).value("email"); got != "nobody" {
		t.Errorf("a reload shows %q", got)
	}
	if got := b.stage.browser().get(refused.path).want(http.StatusOK).value("email"); got != "" {
		t.Errorf("another browser reads %q", got)
	}
}

func TestAKeyIsShownAgainByAReloadAndNotAfterSigningOut(t *testing.T) {
	t.Parallel()
	b := newStage(t).browser()
	organization := b.organization("key@example.com", "Keys")
	form := b.get(organization + "/keys/new")
	made := b.post(organization+"/keys/new", "once", form.value("once"), "name", "ci", "rights", "products:read", "expires", "30").
		want(http.StatusOK, "ten minutes")
	if made.text("key") != b.get(made.path).text("key") {
		t.Error("a reload does not show the key")
	}
	b.post("/signout")
	if strings.Contains(b.get(made.path).body, made.text("key")) {
		t.Error("the key is shown after signing out")
	}
}
