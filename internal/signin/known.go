package signin

import (
	"encoding/json"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// known says with which lines a browser signed in before. It is sealed into a cookie of its own, so it costs no row, and outlives the
// session; it holds no number, and is of no use for a line that ended, for the next one has another id. It signs nobody in: its browser
// only has its own share of SMS and tries, which strangers cannot use up.
type known struct {
	Browser string   `json:"b"` // random
	Lines   []string `json:"l"` // ids, the latest first
}

const (
	knownLines = 8    // a family's phones at one computer
	maxKnown   = 1024 // bytes of the cookie
)

// known reads the cookie; the zero value if there is none, or it is not ours.
func (s *Service) known(cookie string) known {
	var k known
	if cookie == "" || len(cookie) > maxKnown {
		return known{}
	}
	plain, err := s.Keys.OpenLasting(secret.LabelKnown, cookie)
	if err != nil || json.Unmarshal(plain, &k) != nil {
		return known{}
	}
	return k
}

func (k known) has(lineID string) bool { return lineID != "" && slices.Contains(k.Lines, lineID) }

// remember is the cookie of a browser that just signed in with the line.
func (s *Service) remember(cookie string, line dialtone.Session) secret.Text {
	k := s.known(cookie)
	if k.Browser == "" {
		k.Browser = secret.Token("").Reveal()
	}
	k.Lines = slices.Insert(slices.DeleteFunc(k.Lines, func(id string) bool { return id == line.SubscriptionID }), 0, line.SubscriptionID)
	k.Lines = k.Lines[:min(len(k.Lines), knownLines)]
	plain, err := json.Marshal(k)
	if err != nil {
		panic("signin: known is plain data: " + err.Error())
	}
	return secret.Text(s.Keys.SealLasting(secret.LabelKnown, plain))
}
