package oauth

import (
	"encoding/base64"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/legible"
)

// Credentials is how a client says who it is.
type Credentials struct {
	ID     string
	Secret dialtone.Secret     // empty with AuthNone
	Method dialtone.AuthMethod // AuthNone for a client that sends its id only
}

// ParseClientAuthentication reads client_id and client_secret from the Authorization header or the form (RFC 6749 §2.3).
// The error is an *Error: invalid_request for two methods at once (RFC 6749 §5.2) and for what is no text, otherwise invalid_client.
func ParseClientAuthentication(authorization string, params Parameters) (Credentials, error) {
	inForm := Credentials{ID: params.Get("client_id"), Secret: dialtone.Secret(params.Get("client_secret")), Method: dialtone.AuthPost}
	if inForm.Secret == "" {
		inForm.Method = dialtone.AuthNone
	}
	asserted := params.Get("client_assertion") != "" || params.Get("client_assertion_type") != ""
	switch {
	case (authorization != "" || asserted) && inForm.Secret != "", authorization != "" && asserted:
		return Credentials{}, NewError(InvalidRequest, "the client authenticates in two ways at once; use one")
	case asserted:
		return Credentials{}, NewError(InvalidClient, "client assertions are not supported; use HTTP Basic")
	case authorization == "" && inForm.ID == "":
		return Credentials{}, NewError(InvalidClient, "the client does not say who it is; use HTTP Basic")
	case authorization == "":
		return inForm, nil
	}
	inHeader, err := parseBasic(authorization)
	if err != nil {
		return Credentials{}, err
	}
	if inForm.ID != "" && inForm.ID != inHeader.ID {
		return Credentials{}, NewError(InvalidRequest, "client_id differs from the one in the Authorization header")
	}
	return inHeader, nil
}

// parseBasic is RFC 7617 §2 with the encoding of RFC 6749 §2.3.1.
func parseBasic(authorization string) (Credentials, error) {
	encoded, isBasic := cutPrefixFold(authorization, "Basic ")
	if !isBasic {
		return Credentials{}, NewError(InvalidClient, "the Authorization header is not of the scheme Basic")
	}
	pair, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return Credentials{}, NewError(InvalidClient, "the Authorization header is not base64")
	}
	rawID, rawSecret, found := strings.Cut(string(pair), ":")
	credentials := Credentials{ID: unescapeCredential(rawID), Secret: dialtone.Secret(unescapeCredential(rawSecret)), Method: dialtone.AuthBasic}
	switch {
	case !legible.Text(credentials.ID), !legible.Text(string(credentials.Secret)):
		return Credentials{}, NewError(InvalidRequest, "the Authorization header has a NUL or broken UTF-8 in it")
	case !found || credentials.ID == "":
		return Credentials{}, NewError(InvalidClient, "the Authorization header is not base64 of client id, colon, client secret")
	case credentials.Secret == "":
		// RFC 6749 §2.3.1: an empty secret is no secret, so a public client may use the header, too.
		credentials.Method = dialtone.AuthNone
	}
	return credentials, nil
}

// unescapeCredential undoes application/x-www-form-urlencoded (RFC 6749 §2.3.1). Many clients forget to encode: a value
// with a character that the encoding would have replaced, or that does not decode, is taken as it is.
func unescapeCredential(raw string) string {
	if strings.ContainsAny(raw, "/=&?#@:;,$ ") {
		return raw
	}
	text, err := unescape(raw)
	if err != nil {
		return raw
	}
	return text
}
