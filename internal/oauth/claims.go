package oauth

import (
	"encoding/json"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// maxClaimsLength bounds the claims parameter, in bytes.
const maxClaimsLength = 4 << 10

// answerable are the claims that this server has. A request for any other is dropped: OpenID Connect Core 1.0 §5.5 wants
// it ignored, and it would travel in every code and token.
var answerable = askedClaims()

func askedClaims() []string {
	var names []string
	for _, claim := range dialtone.Claims() {
		if claim.Asked {
			names = append(names, claim.Name)
		}
	}
	return names
}

// Claims is the claims parameter of OpenID Connect Core 1.0 §5.5: what the client wants to have where, by claim name.
type Claims struct {
	UserInfo map[string]ClaimRequest `json:"userinfo,omitempty"`
	IDToken  map[string]ClaimRequest `json:"id_token,omitempty"`
}

// ClaimRequest is how a claim is wanted (OpenID Connect Core 1.0 §5.5.1). Zero: voluntary, with any value.
type ClaimRequest struct {
	Essential bool     `json:"essential,omitempty"`
	Values    []string `json:"values,omitempty"` // value and values together; of sub and acr only
}

// ParseClaims reads the claims parameter; empty text is no request. The error is an *Error.
func ParseClaims(text string) (Claims, error) {
	if text == "" {
		return Claims{}, nil
	}
	if len(text) > maxClaimsLength {
		return Claims{}, NewError(InvalidRequest, "claims is longer than 4 KiB")
	}
	if err := dialtone.UniqueNames([]byte(text)); err != nil {
		return Claims{}, NewError(InvalidRequest, "claims has a name twice in one object").WithCause(err)
	}
	// Maps instead of structs, here and below: encoding/json would take ID_TOKEN for id_token, and JSON does not.
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &members); err != nil || members == nil {
		return Claims{}, NewError(InvalidRequest, "claims is not a JSON object").WithCause(err)
	}
	userInfo, err := parseClaimRequests(members["userinfo"])
	if err != nil {
		return Claims{}, claimsFault("userinfo", err)
	}
	idToken, err := parseClaimRequests(members["id_token"])
	if err != nil {
		return Claims{}, claimsFault("id_token", err)
	}
	return Claims{UserInfo: userInfo, IDToken: idToken}, nil
}

func claimsFault(member string, cause error) error {
	return NewError(InvalidRequest, "the member "+member+" of claims is not as OpenID Connect Core 1.0, section 5.5.1 says").WithCause(cause)
}

// parseClaimRequests reads one member of claims: an object with null or an object for each claim. No text is no request.
func parseClaimRequests(text json.RawMessage) (map[string]ClaimRequest, error) {
	if text == nil {
		return nil, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	var requests map[string]ClaimRequest
	for _, name := range answerable {
		member, wanted := members[name]
		if !wanted {
			continue
		}
		request, err := parseClaimRequest(name, member)
		if err != nil {
			return nil, err
		}
		if requests == nil {
			requests = map[string]ClaimRequest{}
		}
		requests[name] = request
	}
	return requests, nil
}

func parseClaimRequest(name string, text json.RawMessage) (request ClaimRequest, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return ClaimRequest{}, err
	}
	if essential, ok := members["essential"]; ok {
		if err := json.Unmarshal(essential, &request.Essential); err != nil {
			return ClaimRequest{}, err
		}
	}
	if name != "sub" && name != "acr" {
		return request, nil
	}
	var one string
	var many []string
	if value, ok := members["value"]; ok {
		if err := json.Unmarshal(value, &one); err != nil {
			return ClaimRequest{}, err
		}
	}
	if values, ok := members["values"]; ok {
		if err := json.Unmarshal(values, &many); err != nil {
			return ClaimRequest{}, err
		}
	}
	for _, value := range append([]string{one}, many...) {
		if value != "" { // null, or nobody's
			request.Values = append(request.Values, value)
		}
	}
	return request, nil
}

// String returns the request as JSON, which ParseClaims reads back; empty if nothing is requested.
func (c Claims) String() string {
	if len(c.UserInfo) == 0 && len(c.IDToken) == 0 {
		return ""
	}
	text, err := json.Marshal(c)
	if err != nil {
		panic("oauth: claims are plain data: " + err.Error())
	}
	return string(text)
}

// WantsIDToken reports whether the claim is requested for the ID token.
func (c Claims) WantsIDToken(name string) bool {
	_, wanted := c.IDToken[name]
	return wanted
}

// SubjectValue returns the sub that alone may be signed in (OpenID Connect Core 1.0 §5.5.1); empty if anybody may.
func (c Claims) SubjectValue() string {
	for _, values := range [][]string{c.IDToken["sub"].Values, c.UserInfo["sub"].Values} {
		if len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// AcceptsACR reports whether a sign-in of this class satisfies the request. Only an essential acr with values can refuse
// (OpenID Connect Core 1.0 §5.5.1.1).
func (c Claims) AcceptsACR(acr string) bool {
	request := c.IDToken["acr"]
	return !request.Essential || len(request.Values) == 0 || slices.Contains(request.Values, acr)
}
