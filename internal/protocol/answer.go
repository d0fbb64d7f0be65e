package protocol

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// maxBody is the largest request body that an endpoint reads, in bytes.
const maxBody = 64 << 10

// errorAnswer is RFC 6749 §5.2.
type errorAnswer struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
	ID          string `json:"error_id,omitempty"` // of a fault on our side, for the log
}

// readForm reads a form body. It returns an *oauth.Error for everything that is wrong with it.
func readForm(w http.ResponseWriter, r *http.Request) (oauth.Parameters, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, oauth.NewError(oauth.InvalidRequest, "the body is larger than 64 KiB")
		}
		return nil, oauth.NewError(oauth.InvalidRequest, "the body could not be read")
	}
	return oauth.ParseForm(r.Header.Get("Content-Type"), body)
}

// writeJSON answers with a JSON object that nobody may keep (RFC 6749 §5.1).
func writeJSON(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		panic("protocol: an answer is plain data: " + err.Error())
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

// fail is the one place where an error becomes an answer of an endpoint that clients authenticate at.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	var known *oauth.Error
	switch {
	case errors.As(err, &known):
		status := http.StatusBadRequest
		if known.Code == oauth.InvalidClient {
			// RFC 6749 §5.2: 401 with the scheme that the client may use.
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Basic realm="dialtone", charset="UTF-8"`)
		}
		h.Log.InfoContext(r.Context(), "request refused", "path", r.URL.Path, "error", known)
		writeJSON(w, status, errorAnswer{Code: string(known.Code), Description: known.Description})
	default:
		h.faulty(w, r, err)
	}
}

// failBearer is fail for an endpoint that a bearer token opens (RFC 6750 §3).
func (h *handler) failBearer(w http.ResponseWriter, r *http.Request, err error) {
	var known *oauth.Error
	if !errors.As(err, &known) {
		h.faulty(w, r, err)
		return
	}
	h.Log.InfoContext(r.Context(), "request refused", "path", r.URL.Path, "error", known)
	status := bearerStatus(known)
	w.Header().Set("WWW-Authenticate", challenge(known))
	if known.Code == oauth.MissingToken {
		// RFC 6750 §3.1: a request without any token learns nothing but the scheme.
		writeJSON(w, status, errorAnswer{Code: string(oauth.InvalidRequest), Description: known.Description})
		return
	}
	writeJSON(w, status, errorAnswer{Code: string(known.Code), Description: known.Description})
}

// faulty answers what no rule foresaw: an id for the log, and nothing else.
func (h *handler) faulty(w http.ResponseWriter, r *http.Request, err error) {
	id := secret.ID("er")
	h.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error_id", id, "error", err)
	if errors.Is(err, dialtone.ErrUnavailable) {
		w.Header().Set("Retry-After", "2")
		writeJSON(w, http.StatusServiceUnavailable, errorAnswer{Code: string(oauth.TemporarilyUnavailable), Description: "try again in a moment", ID: id})
		return
	}
	writeJSON(w, http.StatusInternalServerError, errorAnswer{Code: string(oauth.ServerError), Description: "something went wrong on our side", ID: id})
}
