package account

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// ceremony is what a page's script needs to have an authenticator asked, and what it brings back.
type ceremony struct {
	Options json.RawMessage `json:"options,omitempty"` // for navigator.credentials
	State   string          `json:"state"`             // sealed; comes back with the answer
}

// credential is the answer of an authenticator.
type credential struct {
	State    string          `json:"state"`
	Response json.RawMessage `json:"response"`
	Name     string          `json:"name"` // of a new passkey
	To       string          `json:"to"`   // where to go on after signing in
}

const longestCredential = 64 << 10 // bytes

// readCredential reads the posted JSON. When it returns false, the request is answered.
func (m *Room) readCredential(w http.ResponseWriter, r *http.Request) (credential, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, longestCredential))
	var c credential
	if err != nil || dialtone.UniqueNames(body) != nil || json.Unmarshal(body, &c) != nil || len(c.Response) == 0 {
		answer(w, http.StatusBadRequest, problem{"The answer of your browser could not be read. Load the page again."})
		return credential{}, false
	}
	return c, true
}

// problem is an answer that a script shows to the person.
type problem struct {
	Problem string `json:"problem"`
}

func answer(w http.ResponseWriter, status int, value any) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // nobody is left to tell when the browser went away
}

// failPasskey is Desk.Fail for the requests of a script. An unknown passkey and a wrong answer are told apart for nobody.
func (m *Room) failPasskey(w http.ResponseWriter, r *http.Request, err error) {
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	switch {
	case isField:
		answer(w, http.StatusUnprocessableEntity, problem{wrong[0].Problem})
	case errors.Is(err, dialtone.ErrExhausted):
		answer(w, http.StatusTooManyRequests, problem{"Too many tries. Wait " + desk.Later(w, err) + ", then try again."})
	case errors.Is(err, dialtone.ErrExpired):
		answer(w, http.StatusUnprocessableEntity, problem{"That took too long. Try again."})
	case errors.Is(err, dialtone.ErrConflict):
		answer(w, http.StatusConflict, problem{"This passkey stands in the list already, or was used in the same moment elsewhere. Load the page again."})
	case errors.Is(err, dialtone.ErrForbidden), errors.Is(err, dialtone.ErrNotFound), errors.Is(err, dialtone.ErrInvalid):
		answer(w, http.StatusForbidden, problem{"This passkey does not open an account here. Use another one, or have a code sent by e-mail."})
	case errors.Is(err, dialtone.ErrUnavailable):
		w.Header().Set("Retry-After", "2")
		answer(w, http.StatusServiceUnavailable, problem{"We cannot answer at the moment. Try again soon. Error id: " + m.Note(r, slog.LevelError, err)})
	default:
		answer(w, http.StatusInternalServerError, problem{"Something went wrong on our side. Error id: " + m.Note(r, slog.LevelError, err)})
	}
}
