package traffic

import (
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// advice is what to change after a refusal. Empty endpoint or code: any; about is a piece of the description.
type advice struct {
	endpoint, code, about string
	words                 string
}

// Where several fit, the first counts.
var advices = []advice{
	{"", "", "is repeated", "Send each parameter once. Look for code that adds to an address which has the parameter already."},
	{"", "", "the parameter '", "Encode each parameter as application/x-www-form-urlencoded in UTF-8, best with your language's own library."},

	{"authorize", "", "redirect_uri is not registered", "Send redirect_uri exactly as it is registered, byte for byte: scheme, host, port, path and slash at the end all count. Or register the address that your app sends, in the tab Clients."},
	{"authorize", "", "redirect_uri is missing", "Send redirect_uri: one of the login redirect URIs of this client in the tab Clients."},
	{"authorize", "", "code_challenge", "Send code_challenge (the SHA-256 of your code_verifier as base64url without padding, 43 characters) together with code_challenge_method=S256. A public client must send them."},
	{"authorize", "", "transform algorithm", "Send code_challenge_method=S256. The method plain is not accepted, and it is what a missing method means."},
	{"authorize", "invalid_scope", "not enabled", "Enable the scope for the product in the tab Scopes, or take it out of the request."},
	{"authorize", "invalid_scope", "", "Ask only for scopes that are enabled in the tab Scopes, separated by spaces: encoded as %20, or as a plus sign."},
	{"authorize", "unsupported_response_type", "", "Send response_type=code. Tokens come from the token endpoint, not in the redirect."},
	{"authorize", "", "response_type", "Send response_type=code."},
	{"authorize", "", "response_mode", "Leave response_mode out, or send query or form_post."},
	{"authorize", "", "state", "Send a random state of 16 to 43 printable ASCII characters, and keep what belongs to it in your own session."},
	{"authorize", "", "nonce", "Send a short random nonce and compare it with the one in the ID token."},
	{"authorize", "", "prompt", "Send none, login, consent or select_account, or leave prompt out. The value none stands alone."},
	{"authorize", "", "max_age", "Send max_age as a whole number of seconds, or leave it out."},
	{"authorize", "", "id_token_hint", "Send an ID token that this server issued to your product, unchanged, or leave id_token_hint out."},
	{"authorize", "", "claims", "Send claims as a JSON object as in OpenID Connect Core 1.0, section 5.5, or leave it out."},
	{"authorize", "", "acr", "Leave the essential acr out, or ask for the one that the description names: there is one way to sign in."},
	{"authorize", "request_not_supported", "", "Send the parameters themselves in the query; leave request out."},
	{"authorize", "request_uri_not_supported", "", "Send the parameters themselves in the query; leave request_uri out."},
	{"authorize", "registration_not_supported", "", "Leave registration out: clients are made in the tab Clients."},

	{"", "invalid_client", "a public client has no secret", "Send client_id alone, without a secret and without an Authorization header. Or make a confidential client."},
	{"", "invalid_client", "must authenticate", "Send the client's secret with HTTP Basic: Authorization: Basic base64(client_id:client_secret)."},
	{"", "invalid_client", "assertions", "Client assertions are not supported: authenticate with the client's secret by HTTP Basic."},
	{"", "invalid_client", "Authorization header", "Send Authorization: Basic and the base64 of client id, colon, secret. Your language's HTTP library does it."},
	{"", "invalid_client", "", "Check that the secret is one of this client's, whole and not expired; the tab Clients shows when each was last used. Make a new one if it is lost, and give it to every server that uses it."},
	{"", "", "in two ways at once", "Send the client's secret once: in the Authorization header, or as client_secret in the form."},
	{"", "", "client_id differs", "The form names another client than the Authorization header. Send client_id in one of them only."},

	{"token", "invalid_grant", "used before; all", "A code works once. Look for code that redeems it twice: a reload of the callback page, a retry, two servers. After a second try all its tokens are revoked, so let the person sign in again."},
	{"token", "invalid_grant", "the authorization code was used twice", "Look for code that redeems an authorization code twice: a reload of the callback page, a retry, two servers. Let the person sign in again."},
	{"token", "invalid_grant", "the code has expired", "Redeem the code at once after the redirect: it works for a minute. Check your server's queue and clock."},
	{"token", "invalid_grant", "issued to another client", "Redeem the code with the client that asked for it. Are the settings of two environments mixed up?"},
	{"token", "invalid_grant", "redirect_uri", "Send the same redirect_uri to the token endpoint as to the authorization endpoint, byte for byte."},
	{"token", "invalid_grant", "code_verifier", "Keep the code_verifier with the person's session and send the one whose SHA-256 was the code_challenge of this very request."},
	{"token", "invalid_grant", "not issued by this server", "Check that the code or refresh token arrives whole and unchanged, and that it comes from this server and not from another environment."},
	{"token", "invalid_grant", "was used before and its", "A refresh token works once, and for the client's refresh grace once more. Keep the new one that comes with every answer, before anything else is done, and let one process at a time refresh. If answers get lost on the way, raise the refresh grace in the tab Clients. The person has to sign in again."},
	{"token", "invalid_grant", "refresh token", "Let the person sign in again, and keep the newest refresh token of each person with the client that got it."},
	{"token", "invalid_grant", "", "Nothing is wrong with your app: the access has ended. Let the person sign in again."},
	{"token", "unsupported_grant_type", "", "Send grant_type=authorization_code, refresh_token or client_credentials."},
	{"token", "unauthorized_client", "", "A public client acts for people only. Make a confidential client for your server."},
	{"token", "invalid_scope", "speaks of a person", "Leave openid, phone and offline_access out of a client_credentials request: they need a person who signs in."},
	{"token", "invalid_scope", "needs an operator", "Offer the product to an operator in the tab Listing: its API scopes are for products that it has enabled. The sandbox enables every product, and gives such scopes only together with a test number."},
	{"token", "invalid_scope", "", "Ask for scopes that are enabled in the tab Scopes; on a refresh, only for those that the person granted."},

	{"userinfo", "invalid_token", "belongs to a client", "Send an access token from the authorization code grant. One from client_credentials belongs to no person."},
	{"userinfo", "invalid_token", "", "Refresh the access token when it has expired. If it was revoked, let the person sign in again."},
	{"introspect", "unauthorized_client", "", "Introspect from a server, with a confidential client of the same product."},
	{"revoke-link", "", "redirectTo", "Send redirectTo exactly as it is registered among the client's post revoke consent redirect URIs in the tab Clients."},
	{"revoke-link", "", "token is", "Send the person's access token in the form field token; refresh it first if it has expired."},
	{"revoke-link", "", "state", "Send a state of at most 2048 characters."},
	{"revoke-link", "invalid_token", "", "Send a fresh token of the client_credentials grant as Authorization: Bearer."},
	{"", "", "token is missing", "Send the token in the form field token."},
	{"", "", "access token is in the header and", "Send the access token once: as Authorization: Bearer."},
	{"", "", "x-www-form-urlencoded", "Send the parameters in the body, with the header Content-Type: application/x-www-form-urlencoded. JSON is not accepted."},
	{"", "", "larger than", "Send less: a request is a few hundred bytes. Was something else put into the body?"},
	{"", "invalid_request", "is missing", "Send the parameter that the description names."},
}

// hint returns what the app's developer should change.
func hint(f dialtone.FailedRequest) string {
	for _, a := range advices {
		if (a.endpoint == "" || a.endpoint == f.Endpoint) && (a.code == "" || a.code == f.Code) && strings.Contains(f.Description, a.about) {
			return a.words
		}
	}
	return "Change what the description names, and try again."
}
