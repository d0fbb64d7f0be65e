package subscriber

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/flow"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// noticeLife is how long a page says what was wrong with the form before. A reload later, or the address from a history, shows
// the plain page.
const noticeLife = time.Minute

// notice is what a page says about the form that led to it, and what was entered there. A refused form is answered by a
// redirect to its page, which carries the notice sealed in the parameter m, beside r: so the back button never meets an answer
// to a POST, and a reload repeats no act. It counts on one page of one interaction only, and so in one browser.
type notice struct {
	For     string               `json:"f"`           // see about
	At      int64                `json:"t"`           // Unix seconds
	Problem string               `json:"p,omitempty"` // one of the page's problems
	Until   int64                `json:"u,omitempty"` // when it can be tried again; Unix seconds
	Again   bool                 `json:"a,omitempty"` // the PIN was just sent again
	New     bool                 `json:"n,omitempty"` // with Again: it is another one
	Value   string               `json:"v,omitempty"` // the number as typed
	Confirm dialtone.PhoneNumber `json:"c,omitempty"` // is it this one?
	Also    dialtone.PhoneNumber `json:"o,omitempty"` // with Confirm: what is tried besides
	Half    bool                 `json:"h,omitempty"` // the ticks below are those of an answer to the same question
	Terms   bool                 `json:"e,omitempty"` // the terms were ticked
	Ticked  []int                `json:"s,omitempty"` // the scopes that were ticked, as places in the request's list
}

// about names what a notice is about: a page of an interaction, and the PIN that it is about.
func about(path string, in flow.Interaction) string {
	return secret.DerivedID("no", path, in.ID, in.Challenge)
}

// turnBack sends the browser to the page of a form, which will say what the notice says.
func (h *Handler) turnBack(w http.ResponseWriter, r *http.Request, path string, in flow.Interaction, n notice) {
	in.Asked = nil // of the form; the page asks anew
	n.For, n.At = about(path, in), h.Now().Unix()
	plain, err := json.Marshal(n)
	if err != nil {
		panic(fmt.Sprintf("subscriber: a notice is plain data: %v", err))
	}
	h.bind(w, r, &in)
	seeOther(w, h.here(path, in)+"&m="+url.QueryEscape(h.Keys.Seal(secret.LabelNotice, plain)))
}

// notice reads what the page has to say, and whether it came from a form at all. What it says of a moment ends with
// noticeLife; what was entered, and the question whether a number is right, stay.
func (h *Handler) notice(r *http.Request, path string, in flow.Interaction) (notice, bool) {
	plain, err := h.Keys.Open(secret.LabelNotice, r.URL.Query().Get("m"))
	if err != nil {
		return notice{}, false
	}
	var n notice
	if err := json.Unmarshal(plain, &n); err != nil || n.For != about(path, in) {
		return notice{}, false
	}
	if age := h.Now().Sub(time.Unix(n.At, 0)); age.Abs() > noticeLife {
		n.Problem, n.Until, n.Again = "", 0, false
	}
	return n, true
}

// left is how long it takes until it can be tried again; zero: it can now, or the notice says nothing of it.
func (n notice) left(now time.Time) time.Duration {
	if n.Until == 0 {
		return 0
	}
	return max(0, time.Unix(n.Until, 0).Sub(now)).Round(time.Second)
}

// kept is as much of what was typed as the field holds.
func kept(typed string) string {
	const field = 40 // characters: maxlength in number.html
	runes := []rune(strings.ToValidUTF8(typed, ""))
	return string(runes[:min(len(runes), field)])
}
