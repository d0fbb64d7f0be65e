package oauth

import (
	"fmt"
	"strings"
)

// Code is an error code as it stands on the wire.
type Code string

// The codes, by the specification that defines them.
const (
	// RFC 6749 §4.1.2.1 and §5.2.
	InvalidRequest          Code = "invalid_request"
	InvalidClient           Code = "invalid_client"
	InvalidGrant            Code = "invalid_grant"
	InvalidScope            Code = "invalid_scope"
	UnauthorizedClient      Code = "unauthorized_client"
	UnsupportedGrantType    Code = "unsupported_grant_type"
	UnsupportedResponseType Code = "unsupported_response_type"
	AccessDenied            Code = "access_denied"
	ServerError             Code = "server_error"
	TemporarilyUnavailable  Code = "temporarily_unavailable"

	// OpenID Connect Core 1.0 §3.1.2.6.
	LoginRequired            Code = "login_required"
	ConsentRequired          Code = "consent_required"
	RequestNotSupported      Code = "request_not_supported"
	RequestURINotSupported   Code = "request_uri_not_supported"
	RegistrationNotSupported Code = "registration_not_supported"

	// OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §1.
	UnmetAuthenticationRequirements Code = "unmet_authentication_requirements"

	// RFC 6750 §3.1.
	InvalidToken Code = "invalid_token"

	// MissingToken never goes on the wire: RFC 6750 §3.1 wants no code where a request has no token at all.
	MissingToken Code = "missing_token"
)

// Error is a protocol failure. Code and Description are public: they go to the client as error and error_description.
type Error struct {
	Code Code
	// Description tells the app's developer what to change, in the characters of RFC 6749 §5.2: printable ASCII without
	// quotation marks and backslashes.
	Description string

	cause error // private: for the log
}

// NewError makes an Error. Characters that a description may not have are replaced.
func NewError(code Code, description string) *Error {
	return &Error{Code: code, Description: printable(description)}
}

// WithCause returns the error with a private cause, which Error shows and the wire does not.
func (e *Error) WithCause(cause error) *Error {
	return &Error{Code: e.Code, Description: e.Description, cause: cause}
}

// Error returns code, description and cause, for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Description, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Description)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// PageError is a fault in client_id or redirect_uri. It is shown on a page: a redirect would lead people from this
// server to wherever an attacker likes (RFC 6749 §4.1.2.1, RFC 9700 §4.11.2).
type PageError struct {
	Err      *Error
	Check    string // name of the check that failed, for logs
	ClientID string // empty unless the client is known: whose developers may read Detail
	Detail   string // private: the exact mismatch, for the developer's log; empty if there is none
}

// Error returns what the page says and, as its cause, the detail: for logs.
func (e *PageError) Error() string { return e.Err.Error() }

// Unwrap returns the *Error.
func (e *PageError) Unwrap() error { return e.Err }

// RedirectError is any other fault in an authorization request. It goes to the client, at a redirect URI that has been
// found good (RFC 6749 §4.1.2.1).
type RedirectError struct {
	Check        string // name of the check that failed, for logs
	ClientID     string
	RedirectURI  string
	ResponseMode string // one of ResponseModes
	State        string // empty when the request had none that can be given back
	Err          *Error
}

// Error returns what the client is told.
func (e *RedirectError) Error() string { return e.Err.Error() }

// Unwrap returns the *Error.
func (e *RedirectError) Unwrap() error { return e.Err }

// printable replaces what RFC 6749 §5.2 does not allow in a description: everything but %x20-21 / %x23-5B / %x5D-7E.
// Besides, text without these characters cannot break out of a header or an attribute.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\\':
			return '\''
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, text)
}

// quote shows a short, printable piece of what the client sent, so that its developer finds the place.
func quote(text string) string {
	const most = 64
	if len(text) > most {
		text = text[:most] + "..."
	}
	return "'" + printable(text) + "'"
}
