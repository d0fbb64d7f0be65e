package oauth

import (
	"errors"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The response modes (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode §2).
const (
	ResponseModeQuery    = "query"
	ResponseModeFragment = "fragment"
	ResponseModeFormPost = "form_post"
)

// ResponseModes are the response modes that a client may ask for.
var ResponseModes = []string{ResponseModeQuery, ResponseModeFragment, ResponseModeFormPost}

// The longest values that travel with a request, in bytes: it is carried in addresses, and those have an end.
const (
	MaxStateLength = 2048
	maxNonceLength = 2048
	maxHintLength  = 4096
)

// AuthorizationRequest is what a client asks for, after every check. It is sealed as JSON, hence the short keys.
type AuthorizationRequest struct {
	ClientID         string               `json:"c"`
	RedirectURI      string               `json:"r"`            // where the answer goes
	RedirectURIGiven bool                 `json:"g,omitempty"`  // it was sent, so the token request must repeat it
	ResponseMode     string               `json:"rm"`           // one of ResponseModes
	Scopes           []string             `json:"s"`            // in the order of the request, each once; never empty
	State            string               `json:"st,omitempty"` // goes back byte for byte
	Nonce            string               `json:"n,omitempty"`
	CodeChallenge    string               `json:"cc,omitempty"` // S256
	Prompt           PromptSet            `json:"p,omitzero"`
	MaxAge           *int64               `json:"m,omitempty"` // seconds; nil: any age will do
	LoginHint        dialtone.PhoneNumber `json:"lh,omitempty"`
	IDTokenHint      string               `json:"h,omitempty"`  // as sent: whether we signed it is not known yet
	UILocales        []string             `json:"ul,omitempty"` // BCP 47, the most wanted first
	Claims           Claims               `json:"cl,omitzero"`
}

// checking is a request on its way through the checks: what came in, and what has been found so far.
type checking struct {
	params       Parameters
	registration dialtone.Registration
	catalogue    map[string]dialtone.Scope
	request      AuthorizationRequest
}

// A check looks at one matter. It writes what it found into the request or returns an *Error.
type check struct {
	name string
	run  func(*checking) error
}

// shown are the checks whose fault is shown on a page: until they have passed, nobody knows where a redirect would lead.
var shown = []check{
	{"client_id", (*checking).clientID},
	{"redirect_uri", (*checking).redirectURI},
}

// redirected are the checks whose fault goes to the client. They run in this order, and the first fault is the answer.
var redirected = []check{
	{"parameters", (*checking).parameters},
	{"request", (*checking).requestObject},
	{"response_type", (*checking).responseType},
	{"response_mode", (*checking).responseMode},
	{"state", (*checking).state},
	{"nonce", (*checking).nonce},
	{"scope", (*checking).scope},
	{"code_challenge", (*checking).codeChallenge},
	{"prompt", (*checking).prompt},
	{"max_age", (*checking).maxAge},
	{"login_hint", (*checking).loginHint},
	{"id_token_hint", (*checking).idTokenHint},
	{"ui_locales", (*checking).uiLocales},
	{"claims", (*checking).claims},
}

// Check takes an authorization request through all checks (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.2). The
// registration is that of the client that the request names, zero if there is none; the catalogue holds the platform's
// scopes by name. The error is a *PageError or a *RedirectError. What is not known is ignored (RFC 6749 §3.1).
func Check(params Parameters, registration dialtone.Registration, catalogue map[string]dialtone.Scope) (AuthorizationRequest, error) {
	c := &checking{params: params, registration: registration, catalogue: catalogue}
	for _, check := range shown {
		if err := check.run(c); err != nil {
			return AuthorizationRequest{}, c.page(check.name, err)
		}
	}
	c.howToAnswer()
	for _, check := range redirected {
		if err := check.run(c); err != nil {
			return AuthorizationRequest{}, c.redirect(check.name, err)
		}
	}
	return c.request, nil
}

// page makes the answer of a check in shown.
func (c *checking) page(check string, err error) error {
	fault := &PageError{Check: check, ClientID: c.request.ClientID}
	if errors.As(err, &fault.Err) && fault.Err.cause != nil {
		fault.Detail = fault.Err.cause.Error()
	}
	return fault
}

// redirect makes the answer of a check in redirected.
func (c *checking) redirect(check string, err error) error {
	fault := &RedirectError{
		Check:        check,
		ClientID:     c.request.ClientID,
		RedirectURI:  c.request.RedirectURI,
		ResponseMode: c.request.ResponseMode,
		State:        c.request.State,
	}
	errors.As(err, &fault.Err)
	return fault
}

// RFC 6749 §4.1.1, client_id: required, and the client must exist.
func (c *checking) clientID() error {
	if err := c.params.fault("client_id"); err != nil {
		return err
	}
	switch id := c.params.Get("client_id"); id {
	case "":
		return NewError(InvalidRequest, "client_id is missing")
	case c.registration.Client.ID:
		c.request.ClientID = id
		return nil
	}
	return NewError(InvalidClient, "client_id is unknown")
}

// RFC 6749 §3.1.2.3, redirect_uri: a registered one, or the only registered one when none is sent.
func (c *checking) redirectURI() error {
	if err := c.params.fault("redirect_uri"); err != nil {
		return err
	}
	sent := c.params.Get("redirect_uri")
	c.request.RedirectURIGiven = sent != ""
	var err error
	switch {
	case sent != "":
		c.request.RedirectURI, err = redirectTarget(c.registration.Client, sent)
		if err != nil {
			return NewError(InvalidRequest, "redirect_uri is not registered for this client; it must equal a registered one byte for byte").WithCause(err)
		}
	case slices.Contains(splitScope(c.params.Get("scope")), dialtone.ScopeOpenID):
		// OpenID Connect Core 1.0 §3.1.2.1: required.
		return NewError(InvalidRequest, "redirect_uri is missing; the scope openid requires it")
	default:
		c.request.RedirectURI, err = defaultRedirect(c.registration.Client)
		if err != nil {
			return NewError(InvalidRequest, "redirect_uri is missing").WithCause(err)
		}
	}
	return nil
}

// howToAnswer settles how the client is told of a fault, before any is looked for: in the mode that was asked for, else in
// that of the response type, where its code looks; and with the state that was sent (RFC 6749 §4.1.2.1), unless no client
// could use it.
func (c *checking) howToAnswer() {
	c.request.ResponseMode = defaultMode(c.params.Get("response_type"))
	if mode := c.params.Get("response_mode"); slices.Contains(ResponseModes, mode) {
		c.request.ResponseMode = mode
	}
	if state := c.params.Get("state"); len(state) <= MaxStateLength {
		c.request.State = state
	}
}

// defaultMode is how the answer to a response type travels when the request does not say: in the fragment where a token is
// asked for (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, §3 and §5). We refuse those types, and say so there.
func defaultMode(responseType string) string {
	for _, part := range splitSpaces(responseType) {
		if part == "token" || part == "id_token" {
			return ResponseModeFragment
		}
	}
	return ResponseModeQuery
}

// RFC 6749 §3.1: no parameter more than once.
func (c *checking) parameters() error { return c.params.Fault() }

// OpenID Connect Core 1.0 §3.1.2.6: the errors for what a server may leave out.
func (c *checking) requestObject() error {
	switch {
	case c.params.Get("request") != "":
		return NewError(RequestNotSupported, "request objects are not supported; send the parameters themselves")
	case c.params.Get("request_uri") != "":
		return NewError(RequestURINotSupported, "request_uri is not supported; send the parameters themselves")
	case c.params.Get("registration") != "":
		return NewError(RegistrationNotSupported, "registration is not supported; use a registered client_id")
	}
	return nil
}

// RFC 6749 §3.1.1. RFC 9700 §2.1.2 leaves nothing but the code.
func (c *checking) responseType() error {
	switch c.params.Get("response_type") {
	case "code":
		return nil
	case "":
		return NewError(InvalidRequest, "response_type is missing; send response_type=code")
	}
	return NewError(UnsupportedResponseType, "send response_type=code")
}

// OAuth 2.0 Multiple Response Type Encoding Practices §2.1: every mode is allowed with code.
func (c *checking) responseMode() error {
	mode := c.params.Get("response_mode")
	if mode == "" || slices.Contains(ResponseModes, mode) {
		return nil
	}
	return NewError(InvalidRequest, "response_mode is not supported; use query, fragment or form_post")
}

// RFC 6749 Appendix A.5: state = 1*VSCHAR.
func (c *checking) state() error {
	state := c.params.Get("state")
	switch {
	case len(state) > MaxStateLength:
		return NewError(InvalidRequest, "state is longer than 2048 characters")
	case strings.ContainsFunc(state, func(r rune) bool { return r < ' ' || r > '~' }):
		return NewError(InvalidRequest, "state has characters beyond printable ASCII")
	}
	return nil
}

// OpenID Connect Core 1.0 §3.1.2.1, nonce: any text; it goes into the ID token unchanged.
func (c *checking) nonce() error {
	c.request.Nonce = c.params.Get("nonce")
	if len(c.request.Nonce) > maxNonceLength {
		return NewError(InvalidRequest, "nonce is longer than 2048 bytes")
	}
	return nil
}

func (c *checking) scope() (err error) {
	c.request.Scopes, err = requestedScopes(c.params.Get("scope"), c.registration.Product, c.catalogue)
	return err
}

// RFC 8252 §6, RFC 9700 §2.1.1: public clients must use PKCE, others should.
func (c *checking) codeChallenge() (err error) {
	challenge, method := c.params.Get("code_challenge"), c.params.Get("code_challenge_method")
	c.request.CodeChallenge, err = parseChallenge(challenge, method, c.registration.Client.Public())
	return err
}

func (c *checking) prompt() (err error) {
	c.request.Prompt, err = parsePrompt(c.params.Get("prompt"))
	return err
}

func (c *checking) maxAge() (err error) {
	c.request.MaxAge, err = parseMaxAge(c.params.Get("max_age"))
	return err
}

func (c *checking) loginHint() error {
	c.request.LoginHint = parseLoginHint(c.params.Get("login_hint"))
	return nil
}

// OpenID Connect Core 1.0 §3.1.2.1, id_token_hint: its signature is checked by who has the keys.
func (c *checking) idTokenHint() error {
	c.request.IDTokenHint = c.params.Get("id_token_hint")
	if len(c.request.IDTokenHint) > maxHintLength {
		return NewError(InvalidRequest, "id_token_hint is longer than 4096 characters")
	}
	return nil
}

func (c *checking) uiLocales() error {
	c.request.UILocales = ParseLocales(c.params.Get("ui_locales"))
	return nil
}

// OpenID Connect Core 1.0 §5.5.1.1: an essential acr that cannot be reached is a failed authentication. There is one way to
// sign in, so this is known before anybody types a number. acr_values is a wish, and needs no check.
func (c *checking) claims() (err error) {
	c.request.Claims, err = ParseClaims(c.params.Get("claims"))
	if err != nil {
		return err
	}
	if !c.request.Claims.AcceptsACR(dialtone.ACR) {
		return NewError(UnmetAuthenticationRequirements, "the essential acr cannot be had; "+dialtone.ACR+" can")
	}
	return nil
}
