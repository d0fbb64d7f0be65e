package dialtone

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The scopes that are built in. All others come from the platform's scope catalogue.
const (
	ScopeOpenID        = "openid"
	ScopePhone         = "phone"
	ScopeOfflineAccess = "offline_access"
)

// Organization is a company of developers; it owns products.
type Organization struct {
	ID      string
	Name    string
	Created time.Time
}

// Validate says what is wrong with the organization, as an error that wraps ErrInvalid.
func (o Organization) Validate() error {
	if o.ID == "" || strings.TrimSpace(o.Name) == "" {
		return fmt.Errorf("organization %q: %w: id or name is empty", o.ID, ErrInvalid)
	}
	return nil
}

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

// Product is what a subscriber adds to a line: the unit of consent, of scopes and of pairwise subjects.
type Product struct {
	ID             string
	OrganizationID string
	Name           string
	Subtitle       string
	Description    string
	IconID         string // an Asset; empty: the first letter of the name
	Price          string // free text as the subscriber reads it
	TermsURL       string
	PrivacyURL     string
	Support        string // https URL or e-mail address for the product's users
	Scopes         []ProductScope
	// ConsentVersion counts the material changes (name, price, terms, required scopes). A consent given to an older
	// version is asked for again.
	ConsentVersion int
	Created        time.Time
	Updated        time.Time
}

// ProductScope is a scope that a product enables.
type ProductScope struct {
	Name     string `json:"name"`
	Optional bool   `json:"optional,omitempty"` // the subscriber may leave it unticked
}

// Scope returns the product's own setting for a scope and whether the product enables it.
func (p Product) Scope(name string) (ProductScope, bool) {
	i := slices.IndexFunc(p.Scopes, func(s ProductScope) bool { return s.Name == name })
	if i < 0 {
		return ProductScope{}, false
	}
	return p.Scopes[i], true
}

// Validate says what is wrong with the product, as an error that wraps ErrInvalid.
func (p Product) Validate() error {
	switch {
	case p.ID == "" || p.OrganizationID == "":
		return fmt.Errorf("product %q: %w: id or organization is empty", p.Name, ErrInvalid)
	case strings.TrimSpace(p.Name) == "":
		return fmt.Errorf("product %s: %w: name is empty", p.ID, ErrInvalid)
	case utf8.RuneCountInString(p.Name) > 80:
		return fmt.Errorf("product %s: %w: name is longer than 80 characters", p.ID, ErrInvalid)
	}
	for i, s := range p.Scopes {
		if !ValidScopeName(s.Name) {
			return fmt.Errorf("product %s: %w: %q is not a scope name", p.ID, ErrInvalid, s.Name)
		}
		if slices.ContainsFunc(p.Scopes[:i], func(earlier ProductScope) bool { return earlier.Name == s.Name }) {
			return fmt.Errorf("product %s: %w: scope %s is listed twice", p.ID, ErrInvalid, s.Name)
		}
	}
	for _, address := range []string{p.TermsURL, p.PrivacyURL} {
		if address != "" && !PublicAddress(address) {
			return fmt.Errorf("product %s: %w: %q is not an https address", p.ID, ErrInvalid, address)
		}
	}
	return nil
}

// PublicAddress reports whether an address may be linked to from a page: https, or http on this machine for a demo.
func PublicAddress(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Hostname() == "" || parsed.User != nil {
		return false
	}
	return parsed.Scheme == "https" || parsed.Scheme == "http" && LoopbackHost(parsed.Hostname())
}

// ListingState says whether a product reaches an operator's subscribers.
type ListingState string

const (
	ListingOffered   ListingState = "offered"
	ListingEnabled   ListingState = "enabled"
	ListingDeclined  ListingState = "declined"
	ListingSuspended ListingState = "suspended"
)

// Listing is a product at an operator. Only an enabled one lets that operator's subscribers through.
type Listing struct {
	ProductID  string
	OperatorID string
	State      ListingState
	Reason     string
	// Decided says that the operator's staff or an administrator brought it into this state, and not the operator's automatic
	// approval. At the sandbox nobody decides.
	Decided bool
	Updated time.Time
}

// Validate says what is wrong with the listing, as an error that wraps ErrInvalid.
func (l Listing) Validate() error {
	switch l.State {
	case ListingOffered, ListingEnabled, ListingDeclined, ListingSuspended:
		return nil
	}
	return fmt.Errorf("listing of product %s at %s: %w: state %q is none of offered, enabled, declined, suspended",
		l.ProductID, l.OperatorID, ErrInvalid, l.State)
}

// ListingChange is one line of a listing's history.
type ListingChange struct {
	Listing Listing // from then on
	Actor   string
}
