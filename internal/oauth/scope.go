package oauth

import (
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// splitScope returns the names of a scope parameter, in their order, each once. RFC 6749 §3.3 separates them by one space;
// more of them, as people paste them, do no harm.
func splitScope(text string) []string { return unique(splitSpaces(text)) }

// splitSpaces splits at spaces only: other white space belongs to a value and makes it unknown.
func splitSpaces(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' })
}

// unique keeps the first of equal elements.
func unique(list []string) []string {
	var kept []string
	for _, item := range list {
		if !slices.Contains(kept, item) {
			kept = append(kept, item)
		}
	}
	return kept
}

// requestedScopes returns the scopes of an authorization request. Each must be in the platform's catalogue and enabled by
// the product. With openid among them, names that the catalogue does not have are left out: OpenID Connect Core 1.0 §3.1.2.1
// wants them ignored, and ordinary libraries ask for profile and email without being told to.
func requestedScopes(text string, product dialtone.Product, catalogue map[string]dialtone.Scope) ([]string, error) {
	names := splitScope(text)
	if len(names) == 0 {
		// RFC 6749 §3.3: without a default, a request without scope fails.
		return nil, NewError(InvalidScope, "scope is missing; name at least one that the product enables")
	}
	unknown := func(name string) bool { _, known := catalogue[name]; return !known }
	if slices.Contains(names, dialtone.ScopeOpenID) {
		names = slices.DeleteFunc(names, unknown)
	}
	for _, name := range names {
		if unknown(name) {
			return nil, NewError(InvalidScope, "the scope "+quote(name)+" is unknown")
		}
		if _, enabled := product.Scope(name); !enabled {
			return nil, NewError(InvalidScope, "the scope "+quote(name)+" is not enabled for the product")
		}
	}
	return names, nil
}

// Narrow returns the scopes that a refresh yields: those requested, or all that were granted if none is requested. The
// order is that of the grant. A scope beyond the grant is an *Error (RFC 6749 §6).
func Narrow(granted, requested []string) ([]string, error) {
	if len(requested) == 0 {
		return granted, nil
	}
	for _, name := range requested {
		if !slices.Contains(granted, name) {
			return nil, NewError(InvalidScope, "the scope "+quote(name)+" was not granted")
		}
	}
	return intersect(granted, requested), nil
}

// personal are the scopes that speak of a person, whom a client that acts for itself does not have.
var personal = dialtone.BuiltInScopeNames()

// ClientCredentialsScopes returns the scopes of a client's own token (RFC 6749 §4.4): of those requested, or of all that the
// product enables if none is requested, the ones that speak of no person. The others are an operator's, so a product has them
// only once an operator has let it in. Errors are *Error: for a scope that the product does not have, and if scopes were
// requested and none can be given (§3.3 lets a server give fewer).
func ClientCredentialsScopes(reg dialtone.Registration, requested []string) ([]string, error) {
	enabled := []string{}
	for _, scope := range reg.Product.Scopes {
		if !slices.Contains(personal, scope.Name) {
			enabled = append(enabled, scope.Name)
		}
	}
	for _, name := range requested {
		if !slices.Contains(enabled, name) && !slices.Contains(personal, name) {
			return nil, NewError(InvalidScope, "the scope "+quote(name)+" is unknown or not enabled for the product")
		}
	}
	given := enabled
	if len(requested) > 0 {
		given = intersect(enabled, requested)
	}
	switch {
	case len(requested) > 0 && len(given) == 0:
		return nil, NewError(InvalidScope, "the scope "+quote(requested[0])+" speaks of a person; use the authorization code grant")
	case reg.LetIn():
		return given, nil
	case len(requested) > 0:
		return nil, NewError(InvalidScope, "the scope "+quote(given[0])+" needs an operator that has enabled the product; the sandbox gives it only together with a person")
	}
	return []string{}, nil
}

// intersect returns the elements of list that are in other, in the order of list.
func intersect(list, other []string) []string {
	kept := make([]string, 0, len(list))
	for _, item := range list {
		if slices.Contains(other, item) {
			kept = append(kept, item)
		}
	}
	return kept
}
