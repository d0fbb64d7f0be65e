package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// challenges are the two ways to bring a key (RFC 6750 §3, RFC 7617 §2).
var challenges = []string{`Bearer realm="dialtone"`, `Basic realm="dialtone", charset="UTF-8"`}

// authenticate returns whose API key the request brings. Its errors are a *Problem or what the key look-up failed with.
func (a *API) authenticate(r *http.Request, now time.Time) (dialtone.Actor, error) {
	text, ok := apiKey(r)
	if !ok {
		return dialtone.Actor{}, newProblem(kindUnauthorized,
			"Send an API key: Authorization: Bearer dt_ak_…, or HTTP Basic with the key as the user name and no password.")
	}
	actor, err := a.Catalog.AuthenticateAPIKey(r.Context(), text, now)
	if errors.Is(err, dialtone.ErrNotFound) {
		// Unknown, revoked and expired are one answer: only somebody who found a key would learn from the difference.
		return dialtone.Actor{}, newProblem(kindUnauthorized,
			"This API key is not valid: it is unknown, revoked or expired. An owner of the organization can create one in the portal.")
	}
	if err != nil {
		return dialtone.Actor{}, fmt.Errorf("authenticate API key: %w", err)
	}
	return actor, nil
}

// apiKey returns the key that the request brings, in either of two forms.
func apiKey(r *http.Request) (string, bool) {
	if len(r.Header.Values("Authorization")) > 1 {
		return "", false
	}
	if user, password, ok := r.BasicAuth(); ok {
		return user, user != "" && password == ""
	}
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	key = strings.TrimLeft(key, " ")
	return key, strings.EqualFold(scheme, "Bearer") && key != ""
}
