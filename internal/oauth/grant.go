package oauth

import (
	"fmt"
	"io"
	"log/slog"
)

// GrantType is how a client obtains tokens.
type GrantType string

const (
	GrantAuthorizationCode GrantType = "authorization_code" // RFC 6749 §4.1.3
	GrantClientCredentials GrantType = "client_credentials" // RFC 6749 §4.4.2
	GrantRefreshToken      GrantType = "refresh_token"      // RFC 6749 §6
)

// GrantRequest is a token request, without the client's authentication. Only the members of its grant type are set. It
// prints as its grant type, because the rest are secrets.
type GrantRequest struct {
	GrantType    GrantType
	Code         string   // authorization_code
	RedirectURI  string   // authorization_code; empty if omitted
	CodeVerifier string   // authorization_code; empty if omitted
	RefreshToken string   // refresh_token
	Scopes       []string // refresh_token, client_credentials: each once; empty if omitted
}

// ParseToken reads a token request. The error is an *Error.
func ParseToken(params Parameters) (GrantRequest, error) {
	request := GrantRequest{GrantType: GrantType(params.Get("grant_type"))}
	switch request.GrantType {
	case "":
		return GrantRequest{}, NewError(InvalidRequest, "grant_type is missing")
	case GrantAuthorizationCode:
		request.Code = params.Get("code")
		request.RedirectURI = params.Get("redirect_uri")
		request.CodeVerifier = params.Get("code_verifier")
		if request.Code == "" {
			return GrantRequest{}, NewError(InvalidRequest, "code is missing")
		}
	case GrantRefreshToken:
		request.RefreshToken = params.Get("refresh_token")
		request.Scopes = splitScope(params.Get("scope"))
		if request.RefreshToken == "" {
			return GrantRequest{}, NewError(InvalidRequest, "refresh_token is missing")
		}
	case GrantClientCredentials:
		request.Scopes = splitScope(params.Get("scope"))
	default:
		return GrantRequest{}, NewError(UnsupportedGrantType, "use authorization_code, refresh_token or client_credentials")
	}
	return request, nil
}

// String names the grant type only.
func (r GrantRequest) String() string { return fmt.Sprintf("token request of %s", r.GrantType) }

// Format names the grant type only, for every verb.
func (r GrantRequest) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue names the grant type only, for slog.
func (r GrantRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }
