package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

// Response is an authorization response: where it goes, how, and what it says (RFC 6749 §4.1.2).
type Response struct {
	RedirectURI string
	Mode        string // one of oauth.ResponseModes
	Params      []oauth.Param
}

// Location is the address that carries the response. With form_post a form does, and there is none.
func (r Response) Location() string {
	return oauth.ResponseLocation(r.Mode, r.RedirectURI, r.Params)
}

// Finish makes the code for an interaction that Next let through. Nothing is written: the code is sealed, and it is
// spent when its grant is inserted.
func (f *Flow) Finish(in Interaction, s Situation) Response {
	granted := Granted(in, s)
	code := f.Minter.Code(token.Code{
		ID:               codeID(in, s),
		ClientID:         s.Registration.Client.ID,
		ProductID:        s.Registration.Product.ID,
		RedirectURI:      in.Request.RedirectURI,
		RedirectURIGiven: in.Request.RedirectURIGiven,
		CodeChallenge:    in.Request.CodeChallenge,
		Nonce:            in.Request.Nonce,
		Scopes:           granted,
		OperatorID:       s.Subscription.OperatorID,
		SubscriptionID:   s.Subscription.ID,
		SessionID:        s.Session.ID,
		ConsentID:        s.Consent.ID,
		AMR:              s.Session.AMR,
		AuthTime:         s.Session.AuthTime,
		Expires:          s.Now.Add(f.Policy.Code),
		Claims:           in.Request.Claims.String(),
	})
	return f.respond(in, oauth.Param{Name: "code", Value: code}, oauth.Param{Name: "scope", Value: strings.Join(granted, " ")})
}

// codeID is the id of an interaction's code and of the grant that it becomes. It is derived: however often the person comes
// back, at whichever node, no second code of the same consent can be redeemed beside the first (docs/decisions/0022).
func codeID(in Interaction, s Situation) string { return secret.DerivedID("gr", in.ID, s.Consent.ID) }

// Answered reports whether the client has redeemed the code that Finish would make: it has its answer.
func (f *Flow) Answered(ctx context.Context, in Interaction, s Situation) (bool, error) {
	_, err := f.Store.GrantState(ctx, codeID(in, s), "")
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for an answer: %w", err)
	}
	return true, nil
}

// Fail makes the error response of an interaction (RFC 6749 §4.1.2.1).
func (f *Flow) Fail(in Interaction, failure *oauth.Error) Response {
	return f.respond(in, oauth.Param{Name: "error", Value: string(failure.Code)},
		oauth.Param{Name: "error_description", Value: failure.Description})
}

func (f *Flow) respond(in Interaction, params ...oauth.Param) Response {
	if in.Request.State != "" {
		params = append(params, oauth.Param{Name: "state", Value: in.Request.State})
	}
	// RFC 9207 §2: the client can tell which server answered, which stops mix-up attacks.
	params = append(params, oauth.Param{Name: "iss", Value: f.Issuer})
	return Response{RedirectURI: in.Request.RedirectURI, Mode: in.Request.ResponseMode, Params: params}
}
