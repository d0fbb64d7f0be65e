package product

import (
	"errors"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Repeated says that a form which makes a secret was sent a second time.
type Repeated struct {
	desk.Shell
	Client  bool      // the form made a client; else a secret of one
	Expired bool      // it was not sent before, but lay open too long
	List    desk.Link // where to find what the form made
	Again   desk.Link // a new form
}

// refuseRepeated answers for a form whose token could not be spent.
func (m *Room) refuseRepeated(w http.ResponseWriter, r *http.Request, v desk.Visit, err error, repeated Repeated) {
	switch {
	case errors.Is(err, dialtone.ErrConflict):
		repeated.Title = "This was done already"
	case errors.Is(err, dialtone.ErrExpired):
		repeated.Title, repeated.Expired = "This form was open too long", true
	default:
		m.Desk.Fail(w, r, v, err)
		return
	}
	m.pages.Render(w, v, http.StatusConflict, &repeated)
}
