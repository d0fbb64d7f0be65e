// Package oauth holds the rules of OAuth 2.0 and OpenID Connect: what a request must look like and which error answers
// a fault. Everything in it is a pure function of its arguments.
//
//	what comes in                              where it is read
//	query, form body                           parameters.go    ParseQuery, ParseForm
//	authorization request                      authorize.go     Check: the table of checks, one parameter each
//	  its parts                                redirect.go, scope.go, pkce.go, prompt.go, claims.go, hints.go
//	token request                              grant.go         ParseToken
//	client_id, client_secret, HTTP Basic       credentials.go   ParseClientAuthentication
//	bearer token                               bearer.go        ParseBearer
//	logout request                             logout.go        ParseLogout
//
// A fault is an *Error: a code that the specification names and a description for the app's developer. An authorization
// request's fault comes wrapped in a *PageError (show it, never redirect) or in a *RedirectError (tell the client).
//
// The package refuses to know about HTTP servers, the database, keys and the time. Whether a code is spent, a session is
// fresh or a secret is right is decided elsewhere, from the values that it returns. Once a check has returned a value,
// nobody looks at the raw parameter again. Where we choose between readings of a specification, docs/spec-divergences.md
// says so.
package oauth
