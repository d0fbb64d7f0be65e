package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// IdempotencyStore keeps, for 24 hours, what was answered under an idempotency key of an API key.
type IdempotencyStore interface {
	// ReserveIdempotency takes the key for this request; not fresh: it is taken, and stored says by what.
	ReserveIdempotency(ctx context.Context, apiKeyID, key, requestHash string, now time.Time) (stored dialtone.IdempotentAnswer, fresh bool, err error)
	FinishIdempotency(ctx context.Context, apiKeyID, key string, answer dialtone.IdempotentAnswer) error
	DropIdempotency(ctx context.Context, apiKeyID, key string) error
}

const (
	idempotencyHeader = "Idempotency-Key"
	replayedHeader    = "Idempotent-Replayed"
	maxIdempotencyKey = 255
)

// once runs a POST, and answers its repetition under the same idempotency key with the answer of the first time
// (draft-ietf-httpapi-idempotency-key-header). Only what was done is remembered: a request that failed changed nothing, and
// its key can be used again.
func (a *API) once(r *http.Request, v *visit, body []byte) (*answer, error) {
	key, err := idempotencyKey(r)
	if key == "" || err != nil {
		if err != nil {
			return nil, err
		}
		return a.run(r, v, body)
	}
	hash := requestHash(r, body)
	stored, fresh, err := a.Store.ReserveIdempotency(r.Context(), v.actor.APIKeyID, key, hash, v.now)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reserve idempotency key: %w", err)
	case !fresh:
		return a.replay(stored, hash)
	}
	// The caller may hang up meanwhile. What was begun is then finished all the same: a cancelled write may or may not have been
	// done, and nobody could tell whether to remember it.
	ctx := context.WithoutCancel(r.Context())
	made, err := a.run(r.WithContext(ctx), v, body)
	if err != nil {
		if dropping := a.Store.DropIdempotency(ctx, v.actor.APIKeyID, key); dropping != nil {
			a.Log.ErrorContext(ctx, "an idempotency key stays taken", "error", dropping)
		}
		return nil, err
	}
	finished := dialtone.IdempotentAnswer{RequestHash: hash, Status: made.status, SealedBody: a.seal(made), Done: true, Created: v.now}
	if err := a.Store.FinishIdempotency(ctx, v.actor.APIKeyID, key, finished); err != nil {
		a.Log.ErrorContext(ctx, "an answer was not kept for its repetition", "error", err)
	}
	return made, nil
}

// replay answers a request whose idempotency key is taken. One that a crash left without an answer stays so: whether it was
// done is not known, and doing it twice is what the key is there to prevent.
func (a *API) replay(stored dialtone.IdempotentAnswer, hash string) (*answer, error) {
	switch {
	case stored.RequestHash != hash:
		return nil, newProblem(kindKeyReused, "Another request was sent with this Idempotency-Key. Use a new one.")
	case !stored.Done:
		return nil, newProblem(kindInProgress, "The first request with this Idempotency-Key is not answered yet. If that stays so, look "+
			"whether it was done, and use a new key.").with("Retry-After", "2")
	}
	return a.unseal(stored)
}

// idempotencyKey returns the key of a request, empty if it has none. The draft makes it a quoted string (RFC 9651 §3.3.3);
// it is taken without the quotes, too.
func idempotencyKey(r *http.Request) (string, error) {
	values := r.Header.Values(idempotencyHeader)
	if len(values) == 0 {
		return "", nil
	}
	key := strings.TrimSpace(values[0])
	if inner, ok := strings.CutPrefix(key, `"`); ok {
		key, ok = strings.CutSuffix(inner, `"`)
		if !ok {
			key = ""
		}
	}
	odd := func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }
	if len(values) > 1 || key == "" || len(key) > maxIdempotencyKey || strings.ContainsFunc(key, odd) {
		return "", newProblem(kindMalformed, "Idempotency-Key must be sent once and have 1 to 255 visible ASCII characters, as a UUID has.")
	}
	return key, nil
}

// requestHash tells one request from another: by its method, its address and its body.
func requestHash(r *http.Request, body []byte) string {
	return secret.Hash(r.Method + " " + r.URL.RequestURI() + "\n" + string(body))
}

// sealedAnswer is what is kept of an answer. It is sealed because it may hold a client secret.
type sealedAnswer struct {
	Header http.Header
	Body   []byte
}

func (a *API) seal(made *answer) string {
	plain, err := json.Marshal(sealedAnswer{Header: made.header, Body: made.body.Bytes()})
	if err != nil {
		panic("api: an answer is plain data: " + err.Error())
	}
	return a.Keys.Seal(secret.LabelIdempotency, plain)
}

func (a *API) unseal(stored dialtone.IdempotentAnswer) (*answer, error) {
	plain, err := a.Keys.Open(secret.LabelIdempotency, stored.SealedBody)
	if err != nil {
		return nil, fmt.Errorf("open stored answer: %w", err)
	}
	var kept sealedAnswer
	if err := json.Unmarshal(plain, &kept); err != nil {
		return nil, fmt.Errorf("read stored answer: %w", err)
	}
	again := &answer{status: stored.Status, header: kept.Header}
	again.header.Set(replayedHeader, "true")
	again.body.Write(kept.Body)
	return again, nil
}
