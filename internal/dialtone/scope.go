package dialtone

import (
	"fmt"
	"regexp"
	"strings"
)

// The scopes that are built in. All others come from the platform's scope catalogue.
const (
	ScopeOpenID        = "openid"
	ScopePhone         = "phone"
	ScopeOfflineAccess = "offline_access"
)

// Scope is an entry of the platform's scope catalogue.
type Scope struct {
	Name       string // up to 128 characters of RFC 6749 §3.3, for example sms.text:send_to_subscriber
	Category   string
	Developer  string            // one sentence for developers, in English
	Subscriber map[string]string // one sentence for subscribers, by language tag; "en" is required
}

// RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ); we keep to the part that needs no quoting anywhere.
var scopePattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_:.\-]{0,127}$`)

// ValidScopeName reports whether name can be a scope of the catalogue.
func ValidScopeName(name string) bool { return scopePattern.MatchString(name) }

// Validate says what is wrong with the scope, as an error that wraps ErrInvalid.
func (s Scope) Validate() error {
	switch {
	case !ValidScopeName(s.Name):
		return fmt.Errorf("scope %q: %w: a name has 1 to 128 letters, digits and _ : . -", s.Name, ErrInvalid)
	case strings.TrimSpace(s.Subscriber["en"]) == "":
		return fmt.Errorf("scope %s: %w: the sentence for subscribers is missing in English", s.Name, ErrInvalid)
	}
	return nil
}

// Sentence returns the words for subscribers in the language, or in English.
func (s Scope) Sentence(language string) string {
	if text := s.Subscriber[language]; text != "" {
		return text
	}
	return s.Subscriber["en"]
}

// BuiltInScopes are part of every installation and cannot be taken away; the catalogue may hold other words for them. They all
// speak of a person, whom a client that acts for itself does not have.
func BuiltInScopes() []Scope {
	return []Scope{
		{
			Name: ScopeOpenID, Category: "Identity",
			Developer: "A stable identifier of the subscriber for your product, in an ID token.",
			Subscriber: map[string]string{
				"en": "Recognise you when you come back",
				"sv": "Känna igen dig när du kommer tillbaka",
				"nb": "Kjenne deg igjen når du kommer tilbake",
				"de": "Sie wiedererkennen, wenn Sie zurückkommen",
				"fr": "Vous reconnaître à votre retour",
				"es": "Reconocerte cuando vuelvas",
				"ar": "التعرّف عليك عند عودتك",
			},
		},
		{
			Name: ScopePhone, Category: "Identity",
			Developer: "The verified phone number, in user info.",
			Subscriber: map[string]string{
				"en": "See your phone number",
				"sv": "Se ditt telefonnummer",
				"nb": "Se telefonnummeret ditt",
				"de": "Ihre Telefonnummer sehen",
				"fr": "Voir votre numéro de téléphone",
				"es": "Ver tu número de teléfono",
				"ar": "الاطلاع على رقم هاتفك",
			},
		},
		{
			Name: ScopeOfflineAccess, Category: "Identity",
			Developer: "A refresh token: access that outlives the browser session, until the subscriber takes it back.",
			Subscriber: map[string]string{
				"en": "Keep this access until you remove it",
				"sv": "Behålla åtkomsten tills du tar bort den",
				"nb": "Beholde tilgangen til du fjerner den",
				"de": "Diesen Zugriff behalten, bis Sie ihn widerrufen",
				"fr": "Conserver cet accès jusqu’à ce que vous le retiriez",
				"es": "Conservar este acceso hasta que lo retires",
				"ar": "الاحتفاظ بهذا الوصول حتى تزيله",
			},
		},
	}
}

// BuiltInScopeNames are the names of BuiltInScopes.
func BuiltInScopeNames() []string {
	var names []string
	for _, scope := range BuiltInScopes() {
		names = append(names, scope.Name)
	}
	return names
}

// Claim is something that this server says of a person or a sign-in.
type Claim struct {
	Name string
	// Scope must be granted for it; empty: none must.
	Scope string
	// Asked: the claims parameter can ask for it (OpenID Connect Core 1.0 §5.5).
	Asked bool
}

// Claims are all that this server can make. Metadata, the claims parameter and ID tokens follow this list.
func Claims() []Claim {
	return []Claim{
		{Name: "iss"}, {Name: "sub", Asked: true}, {Name: "aud"}, {Name: "exp"}, {Name: "iat"},
		{Name: "auth_time", Asked: true}, {Name: "nonce"}, {Name: "acr", Asked: true}, {Name: "amr", Asked: true},
		{Name: "sid", Asked: true}, {Name: "at_hash"},
		{Name: "phone_number", Scope: ScopePhone, Asked: true}, {Name: "phone_number_verified", Scope: ScopePhone, Asked: true},
	}
}

// ClaimsOf are the names of the claims that a scope opens.
func ClaimsOf(scope string) []string {
	var names []string
	for _, claim := range Claims() {
		if claim.Scope == scope {
			names = append(names, claim.Name)
		}
	}
	return names
}
