package oauth

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/google/go-cmp/cmp"
)

func TestVerifyPKCE(t *testing.T) {
	each(t, "pkce.txt", []string{"spec", "challenge", "verifier", "want"}, func(t *testing.T, v vector) {
		if got := VerifyPKCE(v.get("challenge"), v.get("verifier")); got != (v.get("want") == "yes") {
			t.Errorf("got %v, want %s", got, v.get("want"))
		}
	})
}

func TestScopesOfLaterTokens(t *testing.T) {
	each(t, "scopes.txt", []string{"spec", "granted", "product", "listed", "asked", "answer", "want"}, func(t *testing.T, v vector) {
		asked := splitScope(v.get("asked"))
		var got []string
		var err error
		if v.has("product") {
			reg := dialtone.Registration{Listings: map[string]dialtone.ListingState{"fjord": dialtone.ListingEnabled}}
			if v.has("listed") {
				clear(reg.Listings)
			}
			for _, listing := range splitScope(v.get("listed")) {
				operator, state, _ := strings.Cut(listing, "=")
				reg.Listings[operator] = dialtone.ListingState(state)
			}
			for _, name := range splitScope(v.get("product")) {
				reg.Product.Scopes = append(reg.Product.Scopes, dialtone.ProductScope{Name: name})
			}
			got, err = ClientCredentialsScopes(reg, asked)
		} else {
			got, err = Narrow(splitScope(v.get("granted")), asked)
		}
		if compare(t, v, err) && strings.Join(got, " ") != v.get("want") {
			t.Errorf("got %v, want %s", got, v.get("want"))
		}
	})
}

func TestParseLoginHint(t *testing.T) {
	each(t, "hints.txt", []string{"spec", "hint", "want"}, func(t *testing.T, v vector) {
		if got := parseLoginHint(v.get("hint")); got.E164() != v.get("want") {
			t.Errorf("got %q, want %q", got.E164(), v.get("want"))
		}
	})
}

func TestOnlySomeLocalesAreLookedAt(t *testing.T) {
	if got := ParseLocales(strings.Repeat("sv ", 50)); len(got) != maxLocales {
		t.Errorf("%d", len(got))
	}
}

var claimsKeys = []string{"spec", "text", "answer", "want", "subject", "acr", "number"}

func TestParseClaims(t *testing.T) {
	each(t, "claims.txt", claimsKeys, func(t *testing.T, v vector) {
		claims, err := ParseClaims(v.get("text"))
		if !compare(t, v, err) {
			return
		}
		if claims.String() != v.get("want") || claims.SubjectValue() != v.get("subject") {
			t.Errorf("got %s with subject %q", claims, claims.SubjectValue())
		}
		if v.has("acr") && claims.AcceptsACR(dialtone.ACR) != (v.get("acr") == "yes") {
			t.Errorf("acr: want %s", v.get("acr"))
		}
		if v.has("number") && claims.WantsIDToken("phone_number") != (v.get("number") == "yes") {
			t.Errorf("phone number in the ID token: want %s", v.get("number"))
		}
	})
}

func TestResponseLocation(t *testing.T) {
	each(t, "locations.txt", []string{"spec", "uri", "mode", "param", "want"}, func(t *testing.T, v vector) {
		var params []Param
		for _, param := range v.all("param") {
			name, value, _ := strings.Cut(param, "=")
			params = append(params, Param{name, value})
		}
		if diff := cmp.Diff(v.get("want"), ResponseLocation(v.get("mode"), v.get("uri"), params)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestErrorsKeepTheirCausePrivate(t *testing.T) {
	fault := NewError(InvalidGrant, `the "code" has expired\`).WithCause(io.ErrUnexpectedEOF)
	if fault.Description != "the 'code' has expired'" {
		t.Errorf("description %q", fault.Description)
	}
	if !errors.Is(fault, io.ErrUnexpectedEOF) || !strings.Contains(fault.Error(), "unexpected EOF") {
		t.Errorf("the cause is lost: %v", fault)
	}
	page := &PageError{Err: fault}
	redirect := &RedirectError{Err: fault}
	if page.Error() != fault.Error() || !errors.Is(page, fault) || !errors.Is(redirect, fault) || redirect.Error() != fault.Error() {
		t.Errorf("%v, %v", page, redirect)
	}
}
