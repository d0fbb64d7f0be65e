package pages

import (
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// FormPost carries an authorization response to the client by a form that posts itself, or by its button where script is
// off (OAuth 2.0 Form Post Response Mode §2). Its Frame needs web.FormsLeave.
type FormPost struct {
	web.Frame
	Product dialtone.Product // zero when unknown
	Action  string           // the redirect URI
	Fields  []Field          // in the order in which they are posted
}

// Field is one hidden field.
type Field struct{ Name, Value string }

// Leave asks whether to go on to an app that nobody has vouched for: a link alone led here, and nothing has been proved. It
// names the host, and nothing that the app says of itself. Its Frame needs web.FormsLeave.
type Leave struct {
	web.Frame
	Host    string
	ErrorID web.LTR // under which the app's developer finds what was wrong; may be empty
	Portal  string  // where; may be empty
	// The way on: an address, or a form as in FormPost.
	Address string
	Action  string
	Fields  []Field
}

// Title asks the question of the page.
func (p Leave) Title() web.Text {
	return web.Text{ID: "leave.title", Values: web.Values{"host": p.Host}}
}

// Title says what happens.
func (p FormPost) Title() web.Text { return web.Text{ID: "form_post.title"} }
