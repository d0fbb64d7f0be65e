package organization

import (
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Keys lists the API keys.
type Keys struct {
	desk.Shell
	New  string // the address of the form for a key
	Keys []keyLine
}

// keyLine is an API key as owners see it.
type keyLine struct {
	dialtone.APIKey
	State  string // live, expired, revoked
	Revoke string // address; empty: nothing to revoke
}

var keyNotices = map[string]string{"revoked": "The key is revoked: it is not accepted any more."}

// ShowKeys lists the API keys.
func (m *Room) ShowKeys(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	h, err := m.house(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	keys, err := m.Catalog.APIKeys(r.Context(), v.Actor, h.Organization.ID)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	p := &Keys{Shell: h.shell(tabKeys)}
	p.Notice = keyNotices[r.URL.Query().Get("done")]
	if h.may(catalog.WriteKeys) {
		p.New = h.address + "/keys/new"
	}
	if p.New != "" && len(keys) > 0 {
		p.Action = desk.Link{Words: "New API key", Address: p.New}
	}
	for _, key := range keys {
		line := keyLine{APIKey: key, State: "live"}
		switch {
		case !key.Revoked.IsZero():
			line.State = "revoked"
		case !key.Live(v.Now):
			line.State = "expired"
		default:
			line.Revoke = h.address + "/keys/" + key.ID + "/revoke"
		}
		p.Keys = append(p.Keys, line)
	}
	m.pages.Render(w, v, http.StatusOK, p)
}
