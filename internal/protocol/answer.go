package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"

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
	ID          string `json:"error_id,omitempty"` // names the failure in the log and in the portal
}

// readForm reads a form body. It returns an *oauth.Error for everything that is wrong with it.
func readForm(w http.ResponseWriter, r *http.Request) (oauth.Parameters, error) {
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	return oauth.ParseForm(r.Header.Get("Content-Type"), body)
}

// readBody reads a body of known length at once, any other one piece by piece.
func readBody(w http.ResponseWriter, r *http.Request) (body []byte, err error) {
	switch {
	case r.ContentLength > maxBody:
		return nil, oauth.NewError(oauth.InvalidRequest, "the body is larger than 64 KiB")
	case r.ContentLength >= 0:
		body = make([]byte, r.ContentLength)
		_, err = io.ReadFull(r.Body, body)
	default:
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	}
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, oauth.NewError(oauth.InvalidRequest, "the body is larger than 64 KiB")
		}
		return nil, oauth.NewError(oauth.InvalidRequest, "the body could not be read")
	}
	return body, nil
}

// buffers are for answers on their way out.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// writeJSON answers with a JSON object that nobody may keep (RFC 6749 §5.1).
func writeJSON(w http.ResponseWriter, status int, answer any) {
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	if hot, ok := answer.(tokenAnswer); ok {
		body.Write(hot.appendJSON(body.AvailableBuffer()))
	} else {
		encode(body, answer)
	}
	header := w.Header()
	header["Content-Type"] = typeJSON
	header["Cache-Control"] = noStore
	header["Pragma"] = noCache
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// encode writes a JSON object. Nothing in it is escaped for HTML: it is no page.
func encode(to *bytes.Buffer, answer any) {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		panic("protocol: an answer is plain data: " + err.Error())
	}
}

// appendText appends a JSON string.
func appendText(b []byte, text string) []byte {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			var quoted bytes.Buffer
			encode(&quoted, text)
			return append(b, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// Header values that are the same in every answer; nothing changes them.
var (
	typeJSON = []string{"application/json"}
	noStore  = []string{"no-store"}
	noCache  = []string{"no-cache"}
)

// fail is the one place where an error becomes an answer of an endpoint that clients authenticate at. The client is the one
// that the request names; empty if it names none.
func (h *handler) fail(w http.ResponseWriter, r *http.Request, clientID string, err error) {
	var known *oauth.Error
	switch {
	case errors.As(err, &known):
		status := http.StatusBadRequest
		if known.Code == oauth.InvalidClient {
			// RFC 6749 §5.2: 401 with the scheme that the client may use.
			status = http.StatusUnauthorized
			w.Header().Set("WWW-Authenticate", `Basic realm="dialtone", charset="UTF-8"`)
		}
		id := h.refuse(r, clientID, known)
		writeJSON(w, status, errorAnswer{Code: string(known.Code), Description: known.Description, ID: id})
	default:
		h.faulty(w, r, err)
	}
}

// failBearer is fail for an endpoint that a bearer token opens (RFC 6750 §3). The client is the token's.
func (h *handler) failBearer(w http.ResponseWriter, r *http.Request, clientID string, err error) {
	var known *oauth.Error
	if !errors.As(err, &known) {
		h.faulty(w, r, err)
		return
	}
	id := h.refuse(r, clientID, known)
	w.Header().Set("WWW-Authenticate", challenge(known))
	writeJSON(w, bearerStatus(known), errorAnswer{Code: wireCode(known), Description: known.Description, ID: id})
}

// faulty answers what no rule foresaw: an id for the log, and nothing else.
func (h *handler) faulty(w http.ResponseWriter, r *http.Request, err error) {
	id := secret.ID("er")
	if errors.Is(err, dialtone.ErrInvalid) {
		// Text that no database can keep. What is wrong with a request is an *oauth.Error everywhere else.
		h.Log.InfoContext(r.Context(), "request refused", "path", r.URL.Path, "error_id", id, "error", err)
		writeJSON(w, http.StatusBadRequest, errorAnswer{Code: string(oauth.InvalidRequest), Description: "a value has characters that cannot be taken", ID: id})
		return
	}
	h.Log.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "error_id", id, "error", err)
	if errors.Is(err, dialtone.ErrUnavailable) {
		w.Header().Set("Retry-After", "2")
		writeJSON(w, http.StatusServiceUnavailable, errorAnswer{Code: string(oauth.TemporarilyUnavailable), Description: "try again in a moment", ID: id})
		return
	}
	writeJSON(w, http.StatusInternalServerError, errorAnswer{Code: string(oauth.ServerError), Description: "something went wrong on our side", ID: id})
}

// Illegible answers a request that has a NUL or broken UTF-8 in its path (404), its query or a header (400), before an endpoint
// sees it.
func Illegible(w http.ResponseWriter, status int) {
	writeJSON(w, status, errorAnswer{Code: string(oauth.InvalidRequest), Description: "the request has a NUL or broken UTF-8 in its address or a header, or two lengths"})
}
