package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// operation is one row of the result: what a client, or a person at a browser, does once.
type operation struct {
	name  string // for -only
	title string
	work  string  // what the bare server does in its database and with its key
	goal  float64 // least share of the bare server's rate, at every width from goalsFrom
	do    func(*visitor) error
}

// goalsFrom is the least number of connections at which the goals hold. A lone visitor shares nothing with anybody, so that
// one operation's cost is shown and not judged.
const goalsFrom = 16

// Names that are used apart from the table.
const (
	introspection = "introspection"
	codeOpenID    = "code_openid"
)

var operations = []operation{
	{"client_credentials", "client credentials", "none", 0.85, clientCredentials},
	{introspection, "introspection", "1 read", 1.0, introspect},
	{"userinfo", "user info", "1 read", 1.0, userInfo},
	{"refresh", "refresh", "1 write", 1.1, refresh},
	{"code", "authorize with session and consent, redeem", "1 read, 1 write", 0.9, authorizeAndRedeem},
	{codeOpenID, "the same with openid", "1 read, 1 write, 1 RS256", 0.95, authorizeAndRedeemOpenID},
	{"sign_up", "number, PIN, consent, token: new subscriber", "4 writes", 0.6, signUpPlain},
}

// operationNamed returns the operation with that name, which must be in the table.
func operationNamed(name string) operation {
	return operations[slices.IndexFunc(operations, func(o operation) bool { return o.name == name })]
}

func clientCredentials(v *visitor) error {
	answer, err := v.send(stepClientCredentials,
		call{target: "/oauth2/token", form: "grant_type=client_credentials", authorization: basicFirst}, http.StatusOK)
	if err != nil {
		return err
	}
	_, err = member(answer.body, "access_token")
	return err
}

// basicFirst is the credentials of the client that all operations use but sign_up.
var basicFirst = basic(0)

func introspect(v *visitor) error {
	answer, err := v.send(stepIntrospect,
		call{target: "/oauth2/introspect", form: "token=" + v.nextAccess(), authorization: basicFirst}, http.StatusOK)
	if err != nil {
		return err
	}
	if !bytes.Contains(answer.body, []byte(`"active":true`)) {
		return fmt.Errorf("introspect: %s", answer.body)
	}
	return nil
}

func userInfo(v *visitor) error {
	answer, err := v.send(stepUserInfo, call{target: "/userinfo", authorization: "Bearer " + v.nextAccess()}, http.StatusOK)
	if err != nil {
		return err
	}
	_, err = member(answer.body, "phone_number")
	return err
}

// nextAccess walks through the visitor's access tokens, each of another grant.
func (v *visitor) nextAccess() string {
	v.next = (v.next + 1) % len(v.access)
	return v.access[v.next]
}

func refresh(v *visitor) error {
	answer, err := v.send(stepRefresh,
		call{target: "/oauth2/token", form: "grant_type=refresh_token&refresh_token=" + v.refresh, authorization: basicFirst}, http.StatusOK)
	if err != nil {
		return err
	}
	successor, err := member(answer.body, "refresh_token")
	if err != nil {
		return err
	}
	v.refresh = successor
	return nil
}

func authorizeAndRedeem(v *visitor) error {
	_, err := v.authorizeAndRedeem(targetPlain, stepRedeem)
	return err
}

func authorizeAndRedeemOpenID(v *visitor) error {
	tokens, err := v.authorizeAndRedeem(targetOpenID, stepRedeemOpenID)
	if err != nil {
		return err
	}
	_, err = member(tokens, "id_token")
	return err
}

var (
	targetPlain  = authorizeTarget(0, scopesPlain)
	targetOpenID = authorizeTarget(0, scopesOpenID)
)

// authorizeAndRedeem gets a code with the visitor's session and returns the token answer for it.
func (v *visitor) authorizeAndRedeem(target string, redeeming step) ([]byte, error) {
	answer, err := v.send(stepAuthorize, call{target: target}, http.StatusSeeOther)
	if err != nil {
		return nil, err
	}
	return v.redeem(redeeming, answer.location, basicFirst)
}

var redeemForm = "grant_type=authorization_code&redirect_uri=" + url.QueryEscape(redirectURI) + "&code="

func (v *visitor) redeem(s step, location, authorization string) ([]byte, error) {
	code, err := codeOf(location)
	if err != nil {
		return nil, err
	}
	answer, err := v.send(s, call{target: "/oauth2/token", form: redeemForm + code, authorization: authorization}, http.StatusOK)
	if err != nil {
		return nil, err
	}
	if !bytes.Contains(answer.body, []byte(`"refresh_token"`)) {
		return nil, fmt.Errorf("%s: %s", s, answer.body)
	}
	return answer.body, nil
}

// signUpPlain lets somebody new sign in over the visitor's connection, in a fresh browser.
func signUpPlain(v *visitor) error {
	who, err := v.crowd.newcomer()
	if err != nil {
		return err
	}
	own := v.cookies
	defer func() { v.cookies = own }()
	v.cookies = nil
	_, err = v.signUp(who, scopesPlain, stepRedeem)
	return err
}

// signUp goes through the pages as a person does, and returns the token answer.
func (v *visitor) signUp(who newcomer, scopes string, redeeming step) ([]byte, error) {
	page, err := v.turn(stepBegin, call{target: authorizeTarget(who.product, scopes)}, stepNumberPage)
	if err != nil {
		return nil, err
	}
	form, err := filled(page, "phone_number", who.number)
	if err != nil {
		return nil, err
	}
	if page, err = v.turn(stepNumber, call{target: "/signin", form: form}, stepPINPage); err != nil {
		return nil, err
	}
	if form, err = filled(page, "pin", who.pin); err != nil {
		return nil, err
	}
	if page, err = v.turn(stepPIN, call{target: "/signin/pin", form: form}, stepConsentPage); err != nil {
		return nil, err
	}
	if form, err = filled(page, "decision", "allow"); err != nil {
		return nil, err
	}
	answer, err := v.send(stepConsent, call{target: "/consent", form: form}, http.StatusSeeOther)
	if err != nil {
		return nil, err
	}
	return v.redeem(redeeming, answer.location, basic(who.product))
}

// turn makes a call that redirects to a page, and returns the page.
func (v *visitor) turn(s step, c call, next step) ([]byte, error) {
	answer, err := v.send(s, c, http.StatusSeeOther)
	if err != nil {
		return nil, err
	}
	path, err := v.pathOf(answer.location)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	answer, err = v.send(next, call{target: path}, http.StatusOK)
	return answer.body, err
}

// filled is the form of the page with one field filled in.
func filled(page []byte, name, value string) (string, error) {
	r, err := hidden(page)
	if err != nil {
		return "", err
	}
	return "r=" + r + "&" + name + "=" + strings.ReplaceAll(value, "+", "%2B"), nil
}
