package oauth

import (
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// ParseBearer finds the access token of a request: in the Authorization header (RFC 6750 §2.1) or in the form (§2.2).
// One in the address is never looked at: addresses end up in logs (RFC 9700 §4.3.2). Params is the form of a POST, nil
// otherwise. The error is an *Error: MissingToken if there is none, invalid_request or invalid_token if it is unusable.
func ParseBearer(authorization string, params Parameters) (dialtone.Secret, error) {
	inForm := params.Get("access_token")
	text, isBearer := cutPrefixFold(authorization, "Bearer")
	// The scheme ends at a space: Bearerish is another one.
	isBearer = isBearer && (text == "" || text[0] == ' ')
	switch {
	case isBearer && inForm != "":
		// RFC 6750 §3.1: more than one method.
		return "", NewError(InvalidRequest, "the access token is in the header and in the form; use one")
	case isBearer:
		text = strings.Trim(text, " ")
	case inForm != "":
		text = inForm
	default:
		return "", NewError(MissingToken, "send the access token as Authorization: Bearer")
	}
	switch {
	case text == "":
		return "", NewError(InvalidRequest, "the Authorization header has no token")
	case !isToken(text):
		return "", NewError(InvalidToken, "the access token is malformed")
	}
	return dialtone.Secret(text), nil
}

// isToken is RFC 6750 §2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=".
func isToken(text string) bool {
	body := strings.TrimRight(text, "=")
	for i := range len(body) {
		if !unreserved(body[i]) && body[i] != '+' && body[i] != '/' {
			return false
		}
	}
	return body != ""
}
