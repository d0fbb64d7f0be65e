package protocol

import (
	"encoding/json"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
)

// renderMetadata makes the discovery document: OpenID Connect Discovery 1.0 §3 and RFC 8414 §2 in one. What we do not have at all
// is left out: a list without elements must not be there (RFC 8414 §3.2).
func renderMetadata(issuer string, languages []string) []byte {
	secretMethods := []string{string(dialtone.AuthBasic), string(dialtone.AuthPost)}
	clientMethods := append(secretMethods, string(dialtone.AuthNone))
	document := map[string]any{
		"issuer":                                         issuer,
		"authorization_endpoint":                         issuer + "/oauth2/auth",
		"token_endpoint":                                 issuer + "/oauth2/token",
		"userinfo_endpoint":                              issuer + "/userinfo",
		"revocation_endpoint":                            issuer + "/oauth2/revoke",
		"introspection_endpoint":                         issuer + "/oauth2/introspect",
		"end_session_endpoint":                           issuer + "/oauth2/sessions/logout",
		"jwks_uri":                                       issuer + "/.well-known/jwks.json",
		"scopes_supported":                               dialtone.BuiltInScopeNames(), // an operator's own are for those who know them
		"claims_supported":                               claimNames(),
		"claim_types_supported":                          []string{"normal"},
		"response_types_supported":                       []string{"code"},
		"response_modes_supported":                       oauth.ResponseModes,
		"grant_types_supported":                          []string{"authorization_code", "client_credentials", "refresh_token"},
		"subject_types_supported":                        []string{"pairwise"},
		"acr_values_supported":                           []string{dialtone.ACR},
		"prompt_values_supported":                        []string{"none", "login", "consent", "select_account"},
		"id_token_signing_alg_values_supported":          dialtone.IDTokenAlgorithms,
		"token_endpoint_auth_methods_supported":          clientMethods,
		"revocation_endpoint_auth_methods_supported":     clientMethods,
		"introspection_endpoint_auth_methods_supported":  secretMethods,
		"code_challenge_methods_supported":               []string{"S256"},
		"ui_locales_supported":                           languages,
		"claims_parameter_supported":                     true,
		"request_parameter_supported":                    false,
		"request_uri_parameter_supported":                false,
		"require_request_uri_registration":               false,
		"authorization_response_iss_parameter_supported": true,
	}
	body, err := json.Marshal(document)
	if err != nil {
		panic("protocol: metadata is plain data: " + err.Error())
	}
	return append(body, '\n')
}

func claimNames() []string {
	var names []string
	for _, claim := range dialtone.Claims() {
		names = append(names, claim.Name)
	}
	return names
}

func (h *handler) showMetadata(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	h.metadata.Serve(w, r)
}

// showKeys publishes the signing keys (RFC 7517 §5). A new key is published well before its first use, so an hour in a
// cache does no harm.
func (h *handler) showKeys(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=3600")
	h.keys.Of("application/jwk-set+json", h.Signing.JWKS()).Serve(w, r)
}
