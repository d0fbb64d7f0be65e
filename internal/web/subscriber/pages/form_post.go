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

// Title says what happens.
func (p FormPost) Title() web.Text { return web.Text{ID: "form_post.title"} }
