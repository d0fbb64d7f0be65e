package traffic

import (
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The refusals of the identity server and a piece of what their developers are advised.
func TestEveryRefusalHasAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ endpoint, code, description, want string }{
		{"authorize", "invalid_request", "redirect_uri is not registered for this client; it must equal a registered one byte for byte", "byte for byte"},
		{"authorize", "invalid_request", "redirect_uri is missing; the scope openid requires it", "Send redirect_uri"},
		{"authorize", "invalid_request", "code challenge required: send code_challenge and code_challenge_method=S256", "SHA-256"},
		{"authorize", "invalid_request", "transform algorithm not supported: send code_challenge_method=S256", "S256"},
		{"authorize", "invalid_request", "the parameter 'state' is repeated", "once"},
		{"authorize", "invalid_request", "the parameter 'nonce' is not UTF-8", "Encode"},
		{"authorize", "invalid_request", "state is longer than 2048 characters", "random state"},
		{"authorize", "invalid_request", "nonce is longer than 2048 bytes", "nonce"},
		{"authorize", "invalid_request", "response_type is missing; send response_type=code", "response_type=code"},
		{"authorize", "unsupported_response_type", "send response_type=code", "token endpoint"},
		{"authorize", "invalid_request", "response_mode is not supported; use query or form_post", "response_mode"},
		{"authorize", "invalid_request", "the prompt 'sometimes' is not supported", "select_account"},
		{"authorize", "invalid_request", "max_age is not a number of seconds", "seconds"},
		{"authorize", "invalid_request", "id_token_hint is not an ID token of this server", "ID token"},
		{"authorize", "invalid_request", "claims is not a JSON object", "JSON"},
		{"authorize", "invalid_scope", "the scope 'sms' is not enabled for the product", "Enable the scope"},
		{"authorize", "invalid_scope", "scope is missing; name at least one that the product enables", "Scopes"},
		{"authorize", "unmet_authentication_requirements", "the essential acr cannot be had; urn:x can", "one way to sign in"},
		{"authorize", "request_not_supported", "request objects are not supported; send the parameters themselves", "leave request out"},
		{"token", "invalid_client", "the client is unknown or its secret is wrong", "secret"},
		{"token", "invalid_client", "a public client has no secret; send client_id alone", "client_id alone"},
		{"introspect", "invalid_client", "the client must authenticate; send its secret with HTTP Basic", "Basic"},
		{"token", "invalid_client", "the Authorization header is not base64", "base64"},
		{"token", "invalid_request", "the client authenticates in two ways at once; use one", "once"},
		{"token", "invalid_request", "code is missing", "Send the parameter"},
		{"token", "invalid_grant", "the code was used before; all its tokens are revoked", "works once"},
		{"token", "invalid_grant", "the authorization code was used twice, so its tokens were revoked", "callback page"},
		{"token", "invalid_grant", "the code has expired; begin again at the authorization endpoint", "a minute"},
		{"token", "invalid_grant", "the code was issued to another client", "two environments"},
		{"token", "invalid_grant", "redirect_uri differs from the one of the authorization request", "same redirect_uri"},
		{"token", "invalid_grant", "code_verifier does not match the code_challenge", "code_verifier"},
		{"token", "invalid_grant", "the refresh token was not issued by this server", "whole and unchanged"},
		{"token", "invalid_grant", "the refresh token was used before and its successor is in use; all its tokens are revoked", "one process"},
		{"token", "invalid_grant", "the refresh token belongs to no grant of this client", "newest refresh token"},
		{"token", "invalid_grant", "the person withdrew consent", "Nothing is wrong with your app"},
		{"token", "unsupported_grant_type", "use authorization_code, refresh_token or client_credentials", "grant_type"},
		{"token", "unauthorized_client", "a public client cannot use client_credentials", "confidential client"},
		{"token", "invalid_scope", "the scope 'openid' speaks of a person; use the authorization code grant", "a person who signs in"},
		{"token", "invalid_scope", "the scope 'x' was not granted", "the person granted"},
		{"token", "invalid_request", "send the parameters as application/x-www-form-urlencoded", "JSON is not accepted"},
		{"token", "invalid_request", "the body is larger than 64 KiB", "Send less"},
		{"userinfo", "invalid_token", "the access token is unknown, expired or revoked", "Refresh"},
		{"userinfo", "invalid_token", "the token belongs to a client, not to a person", "authorization code grant"},
		{"introspect", "unauthorized_client", "a public client cannot introspect tokens", "from a server"},
		{"revoke", "invalid_request", "token is missing", "form field token"},
		{"revoke-link", "invalid_request", "redirectTo is not registered", "post revoke consent"},
		{"revoke-link", "invalid_request", "token is not a live access token of a person at this product", "refresh it first"},
		{"revoke-link", "invalid_token", "use a client_credentials token as bearer", "client_credentials"},
		{"revoke-link", "invalid_request", "state is too long", "2048"},
	} {
		got := hint(dialtone.FailedRequest{Endpoint: c.endpoint, Code: c.code, Description: c.description})
		if !strings.Contains(got, c.want) {
			t.Errorf("%s %s (%s): advised %q, want %q in it", c.endpoint, c.code, c.description, got, c.want)
		}
	}
	if got := hint(dialtone.FailedRequest{Endpoint: "authorize", Code: "something_new"}); got == "" {
		t.Error("a refusal that nobody foresaw has no advice at all")
	}
}

func TestNoAdviceIsHiddenByAnotherOne(t *testing.T) {
	t.Parallel()
	for i, a := range advices {
		f := dialtone.FailedRequest{Endpoint: a.endpoint, Code: a.code, Description: a.about}
		if got := hint(f); got != a.words {
			t.Errorf("advice %d (%s %s %q) never comes up: %q comes first", i, a.endpoint, a.code, a.about, got)
		}
	}
}
