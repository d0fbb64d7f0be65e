package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/oauth"
)

// Page names what a person has to do.
type Page int

const (
	NoPage Page = iota
	SignInPage
	ConsentPage
	NotAvailablePage // the product does not reach this operator's subscribers; leads back with access_denied
)

// Situation is what is known about the browser and the person when Next decides.
type Situation struct {
	Registration dialtone.Registration
	Session      dialtone.Session      // zero when nobody is signed in
	Subscription dialtone.Subscription // the session's line
	Consent      dialtone.Consent      // zero when there is none in force
	Subject      string                // the line's sub at this product; empty without a session
	Hinted       string                // the sub that id_token_hint or the claims parameter asks for; empty when neither does
	Now          time.Time
}

// SignedIn reports whether a live session of an active line is there.
func (s Situation) SignedIn() bool { return s.Session.Live(s.Now) && s.Subscription.Active() }

// Step is the next thing to happen. Page is NoPage when the code can be issued, unless Fail says why it never can.
type Step struct {
	Reason string // name of the reason, for logs and tests
	Page   Page
	Fail   *oauth.Error // what the client is told: at once with prompt=none, or when no page can help
}

// Issue reports whether nothing stands between the request and its code.
func (s Step) Issue() bool { return s.Page == NoPage && s.Fail == nil }

// reason is one cause for which a person must act. The order of the table is the order of the pages.
type reason struct {
	name  string
	page  Page
	code  oauth.Code // OpenID Connect Core 1.0 §3.1.2.6: the answer to prompt=none
	text  string
	holds func(Interaction, Situation) bool
}

var reasons = []reason{
	{"scopes_gone", NoPage, oauth.InvalidScope, "the product has stopped to enable the requested scopes",
		func(in Interaction, s Situation) bool {
			return !slices.ContainsFunc(in.Request.Scopes, func(name string) bool { _, enabled := s.Registration.Product.Scope(name); return enabled })
		}},
	{"enabled_nowhere", NotAvailablePage, oauth.AccessDenied, "no operator has enabled the product",
		func(_ Interaction, s Situation) bool { return !s.Registration.ReachesSomebody(s.Now) }},
	{"signed_out", SignInPage, oauth.LoginRequired, "nobody is signed in at this browser",
		func(_ Interaction, s Situation) bool { return !s.SignedIn() }},
	{"login_prompted", SignInPage, oauth.LoginRequired, "prompt=login asks for a new sign-in",
		func(in Interaction, s Situation) bool { return in.Request.Prompt.Login && !signedInSince(in, s) }},
	{"session_too_old", SignInPage, oauth.LoginRequired, "the sign-in is older than max_age",
		func(in Interaction, s Situation) bool {
			return in.Request.MaxAge != nil && !signedInSince(in, s) &&
				s.Now.Sub(s.Session.AuthTime) >= time.Duration(*in.Request.MaxAge)*time.Second
		}},
	{"another_person", SignInPage, oauth.LoginRequired, "somebody else than the id_token_hint or claims parameter names is signed in",
		func(_ Interaction, s Situation) bool { return s.Hinted != "" && s.Hinted != s.Subject }},
	{"not_available", NotAvailablePage, oauth.AccessDenied, "the product is not available at the person's operator",
		func(_ Interaction, s Situation) bool {
			return !s.Registration.Reaches(s.Subscription.OperatorID, s.Subscription.ID, s.Now)
		}},
	{"consent_missing", ConsentPage, oauth.ConsentRequired, "the person has not agreed to all requested scopes",
		func(in Interaction, s Situation) bool {
			return len(consent.Missing(s.Consent, s.Registration.Product, in.Request.Scopes)) > 0
		}},
	{"unproven_client", ConsentPage, oauth.ConsentRequired, "an app that cannot prove who it is needs the person's word each time",
		func(in Interaction, s Situation) bool {
			return unproven(s.Registration.Client, in.Request.RedirectURI) && s.Consent.Granted.Before(in.Started)
		}},
	{"consent_prompted", ConsentPage, oauth.ConsentRequired, "prompt=consent asks the person again",
		func(in Interaction, s Situation) bool {
			return in.Request.Prompt.Consent && s.Consent.Granted.Before(in.Started)
		}},
}

// Next decides what happens next. It is pure: the same interaction and situation always give the same step.
func Next(in Interaction, s Situation) Step {
	for _, why := range reasons {
		if !why.holds(in, s) {
			continue
		}
		failure := oauth.NewError(why.code, why.text)
		switch {
		case in.Request.Prompt.None, why.page == NoPage:
			return Step{Reason: why.name, Fail: failure}
		case why.name == "another_person" && signedInSince(in, s):
			// OpenID Connect Core 1.0 §3.1.2.1, id_token_hint: the person just signed in and is still another one; a page
			// would ask for ever.
			return Step{Reason: why.name, Fail: failure}
		case why.page == NotAvailablePage:
			return Step{Reason: why.name, Page: why.page, Fail: failure}
		default:
			return Step{Reason: why.name, Page: why.page}
		}
	}
	return Step{Reason: "ready"}
}

// unproven reports whether any program on the person's device could receive the code: a public client at a loopback port or
// an app's own scheme. PKCE does not help against a program that starts the flow itself, so a standing consent is not
// enough (RFC 8252 §8.6, RFC 6749 §10.2).
func unproven(client dialtone.Client, redirectURI string) bool {
	return client.Public() && !strings.HasPrefix(redirectURI, "https://")
}

// Granted returns the requested scopes that the consent covers and the product still enables, in the order of the request.
func Granted(in Interaction, s Situation) []string {
	return slices.DeleteFunc(slices.Clone(in.Request.Scopes), func(scope string) bool {
		_, enabled := s.Registration.Product.Scope(scope)
		return !enabled || !s.Consent.Covers(scope)
	})
}

// signedInSince reports whether the person proved the number during this interaction.
func signedInSince(in Interaction, s Situation) bool { return !s.Session.AuthTime.Before(in.Started) }
