package pages

import (
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// Logout asks whether to sign out (OpenID Connect RP-Initiated Logout 1.0 §2: the person is asked). It posts r and decision
// (sign_out or stay) to /signout.
type Logout struct {
	web.Frame
	State   string               // r
	Product dialtone.Product     // which app asks; zero when unknown
	Number  dialtone.PhoneNumber // whose session it is, shown masked; empty when unknown
}

// Title asks the question of the page.
func (p Logout) Title() web.Text { return web.Text{ID: "logout.title"} }

// SignedOut says that the person is signed out here. With Stayed, that they still are signed in; with Nobody, that nobody was,
// so that nothing has ended.
type SignedOut struct {
	web.Frame
	Product dialtone.Product // which app asked; zero when unknown
	Stayed  bool
	Nobody  bool
	Back    string // leads to the app; may be empty
	Host    string // with Back, where nobody has vouched for the app: the host that it leads to, in place of the app's name
}

// Title says what happened.
func (p SignedOut) Title() web.Text {
	if p.Stayed {
		return web.Text{ID: "signed_out.title_stayed"}
	}
	if p.Nobody {
		return web.Text{ID: "signed_out.title_nobody"}
	}
	return web.Text{ID: "signed_out.title"}
}
