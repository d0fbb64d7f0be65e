package dialtone

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

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
	case !ValidID(p.ID):
		return fmt.Errorf("product %q: %w: %s", p.ID, ErrInvalid, IDRule)
	case p.OrganizationID == "":
		return fmt.Errorf("product %s: %w: organization is empty", p.ID, ErrInvalid)
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

// ListingStates are all states, in the order of a page.
var ListingStates = []ListingState{ListingOffered, ListingEnabled, ListingDeclined, ListingSuspended}

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

// Offered is a product that was offered to an operator, as its staff see it.
type Offered struct {
	Listing      Listing
	Product      Product
	Organization Organization
}

// OfferedQuery chooses products that were offered to an operator.
type OfferedQuery struct {
	OperatorID string
	State      ListingState // empty: every one
	Search     string       // in the name; empty: all
	Before     time.Time    // with BeforeID the last one of the page before; zero: from the newest
	BeforeID   string
	Limit      int
}
