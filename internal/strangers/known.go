package strangers

import (
	"encoding/json"
	"slices"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// Known says as whom a browser signed in before. It is sealed into a cookie of its own, so it costs no row, and outlives the session. It
// signs nobody in: its browser only has its own share of messages and tries, which strangers cannot use up.
type Known struct {
	Browser string   `json:"b"` // random; empty: a stranger to everybody
	As      []string `json:"l"` // ids or keyed hashes, the latest first
}

const (
	most     = 8    // a family at one computer
	maxKnown = 1024 // bytes of the cookie
)

// Read reads the cookie; the zero value if there is none, or it is not ours.
func Read(keys *secret.Keys, label secret.Label, cookie string) Known {
	var k Known
	if cookie == "" || len(cookie) > maxKnown {
		return Known{}
	}
	plain, err := keys.OpenLasting(label, cookie)
	if err != nil || json.Unmarshal(plain, &k) != nil {
		return Known{}
	}
	return k
}

// Has reports whether the browser signed in as this one.
func (k Known) Has(id string) bool { return id != "" && slices.Contains(k.As, id) }

// With is the cookie of the browser after it signed in as this one.
func (k Known) With(id string, keys *secret.Keys, label secret.Label) secret.Text {
	if k.Browser == "" {
		k.Browser = secret.Token("").Reveal()
	}
	k.As = slices.Insert(slices.DeleteFunc(slices.Clone(k.As), func(other string) bool { return other == id }), 0, id)
	k.As = k.As[:min(len(k.As), most)]
	plain, err := json.Marshal(k)
	if err != nil {
		panic("strangers: known is plain data: " + err.Error())
	}
	return secret.Text(keys.SealLasting(label, plain))
}
