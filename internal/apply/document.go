package apply

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Document is what `dialtone apply` reads: any part of the catalogue, and test subscriptions. What it does not name is
// left alone; nothing is ever deleted.
type Document struct {
	Operators     []OperatorEntry     `yaml:"operators"`
	Scopes        []ScopeEntry        `yaml:"scopes"`
	Organizations []OrganizationEntry `yaml:"organizations"`
	Products      []ProductEntry      `yaml:"products"`
	Clients       []ClientEntry       `yaml:"clients"`
	Subscriptions []SubscriptionEntry `yaml:"subscriptions"`
}

// OperatorEntry is an operator in a document.
type OperatorEntry struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"`
	Colour   string   `yaml:"colour"` // "#rrggbb"
	Support  string   `yaml:"support"`
	Language string   `yaml:"language"` // BCP 47; default en
	Ranges   []string `yaml:"ranges"`   // E.164 prefixes, "+4670174"
	Approval string   `yaml:"approval"` // manual (default) or automatic
	SMS      SMSEntry `yaml:"sms"`
}

// SMSEntry says how an operator's messages leave.
type SMSEntry struct {
	Route  string `yaml:"route"` // name of a configured sender
	Sender string `yaml:"sender"`
	Daily  int    `yaml:"daily"` // most messages a day; 0: no limit
	// Price is what a segment costs the operator, in Currency.
	Price      Price  `yaml:"price"`
	Currency   string `yaml:"currency"`    // ISO 4217
	SharePrice bool   `yaml:"share_price"` // the developers of a product may see what its SMS cost
}

// Price is an amount in a document: a decimal number in YAML (0.045), exact millionths here.
type Price int64

var pricePattern = regexp.MustCompile(`^([0-9]{1,6})(?:\.([0-9]{1,6}))?$`)

// UnmarshalYAML reads the digits themselves: a floating point number would not be exact.
func (p *Price) UnmarshalYAML(text []byte) error {
	const places = 6
	digits := pricePattern.FindStringSubmatch(strings.Trim(string(text), "'\" \n"))
	if digits == nil {
		return fmt.Errorf("a price is a decimal number with up to 6 places, as 0.045")
	}
	millionths, err := strconv.ParseInt(digits[1]+digits[2]+strings.Repeat("0", places-len(digits[2])), 10, 64)
	if err != nil {
		return err
	}
	*p = Price(millionths)
	return nil
}

// ScopeEntry is an entry of the scope catalogue in a document.
type ScopeEntry struct {
	Name       string            `yaml:"name"`
	Category   string            `yaml:"category"`
	Developer  string            `yaml:"developer"`
	Subscriber map[string]string `yaml:"subscriber"` // by language; en is required
}

// OrganizationEntry is an organization in a document.
type OrganizationEntry struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	// Owners are e-mail addresses. Whoever proves one of them in the portal is an owner. One who is left out stays what they are.
	Owners []string `yaml:"owners"`
}

// ProductEntry is a product, with its listings, in a document.
type ProductEntry struct {
	ID           string              `yaml:"id"`
	Organization string              `yaml:"organization"`
	Name         string              `yaml:"name"`
	Subtitle     string              `yaml:"subtitle"`
	Description  string              `yaml:"description"`
	Price        string              `yaml:"price"`
	TermsURL     string              `yaml:"terms_url"`
	PrivacyURL   string              `yaml:"privacy_url"`
	Support      string              `yaml:"support"`
	Scopes       []ProductScopeEntry `yaml:"scopes"`
	Listing      []ListingEntry      `yaml:"listing"`
}

// ProductScopeEntry is a scope that a product enables, in a document.
type ProductScopeEntry struct {
	Name     string `yaml:"name"`
	Optional bool   `yaml:"optional"`
}

// ListingEntry is a product's listing at an operator, in a document.
type ListingEntry struct {
	Operator string `yaml:"operator"`
	State    string `yaml:"state"` // offered (default), enabled, declined, suspended
	Reason   string `yaml:"reason"`
}

// ClientEntry is a client in a document. Without an id, one is derived from product and description, so that applying
// the document again finds the same client. Without secret_sha256, a confidential client that has no secret gets one.
type ClientEntry struct {
	ID                     string   `yaml:"id"`
	Product                string   `yaml:"product"`
	Description            string   `yaml:"description"`
	Type                   string   `yaml:"type"`        // confidential (default) or public
	AuthMethod             string   `yaml:"auth_method"` // default client_secret_basic, or none for a public client
	IDTokenAlgorithm       string   `yaml:"id_token_algorithm"`
	RedirectURIs           []string `yaml:"redirect_uris"`
	PostRevokeRedirectURIs []string `yaml:"post_revoke_redirect_uris"`
	PostLogoutRedirectURIs []string `yaml:"post_logout_redirect_uris"`
	RefreshGraceSeconds    *int     `yaml:"refresh_grace_seconds"` // 0 to 3600; default 600, or 120 for a public client
	ClaimsInIDToken        bool     `yaml:"claims_in_id_token"`
	SecretSHA256           string   `yaml:"secret_sha256"` // hex (as sha256sum prints) or base64url
}

// SubscriptionEntry is a test subscription in a document. Without an id, the line that has the number now is meant, or
// a new one if no line has it.
type SubscriptionEntry struct {
	ID          string `yaml:"id"`
	Operator    string `yaml:"operator"`
	PhoneNumber string `yaml:"phone_number"` // E.164, quoted: "+33639980000"
	Status      string `yaml:"status"`       // active (default), blocked, ended
	Language    string `yaml:"language"`
}

// ParseDocument reads one YAML document. It is strict: an unknown key is an error that names its line.
func ParseDocument(r io.Reader) (Document, error) {
	var d Document
	decoder := yaml.NewDecoder(r, yaml.Strict())
	if err := decoder.Decode(&d); err != nil && err != io.EOF {
		return Document{}, fmt.Errorf("%w YAML: %s", dialtone.ErrInvalid, yaml.FormatError(err, false, true))
	}
	if err := decoder.Decode(&Document{}); err != io.EOF {
		return Document{}, fmt.Errorf("%w YAML: there is more than one document in the file", dialtone.ErrInvalid)
	}
	return d, nil
}

func (e OperatorEntry) operator() dialtone.Operator {
	return dialtone.Operator{
		ID: e.ID, Name: e.Name, Support: e.Support, Ranges: e.Ranges,
		Brand:    dialtone.Brand{Colour: e.Colour},
		Approval: dialtone.ApprovalPolicy(cmp.Or(e.Approval, string(dialtone.ApprovalManual))),
		Language: cmp.Or(e.Language, "en"),
		SMS: dialtone.SMSRoute{
			Route: e.SMS.Route, Sender: e.SMS.Sender, Daily: e.SMS.Daily,
			Price: int64(e.SMS.Price), Currency: e.SMS.Currency, SharePrice: e.SMS.SharePrice,
		},
	}
}

func (e ScopeEntry) scope() dialtone.Scope {
	return dialtone.Scope{Name: e.Name, Category: e.Category, Developer: e.Developer, Subscriber: e.Subscriber}
}

func (e ProductEntry) product() dialtone.Product {
	product := dialtone.Product{
		ID: e.ID, OrganizationID: e.Organization, Name: e.Name, Subtitle: e.Subtitle, Description: e.Description,
		Price: e.Price, TermsURL: e.TermsURL, PrivacyURL: e.PrivacyURL, Support: e.Support,
	}
	for _, s := range e.Scopes {
		product.Scopes = append(product.Scopes, dialtone.ProductScope{Name: s.Name, Optional: s.Optional})
	}
	return product
}

func (e ListingEntry) listing(productID string) dialtone.Listing {
	return dialtone.Listing{
		ProductID: productID, OperatorID: e.Operator, Reason: e.Reason,
		State: dialtone.ListingState(cmp.Or(e.State, string(dialtone.ListingOffered))),
	}
}

func (e ClientEntry) client() dialtone.Client {
	client := dialtone.Client{
		ID: e.ID, ProductID: e.Product, Type: dialtone.ClientType(cmp.Or(e.Type, string(dialtone.ClientConfidential))),
		ClientSettings: dialtone.ClientSettings{
			Description: e.Description, IDTokenAlgorithm: cmp.Or(e.IDTokenAlgorithm, "RS256"),
			RedirectURIs: e.RedirectURIs, PostRevokeRedirectURIs: e.PostRevokeRedirectURIs, PostLogoutRedirectURIs: e.PostLogoutRedirectURIs,
			RefreshGraceSeconds: e.RefreshGraceSeconds, ClaimsInIDToken: e.ClaimsInIDToken,
		},
	}
	method := dialtone.AuthBasic
	if client.Public() {
		method = dialtone.AuthNone
	}
	client.AuthMethod = dialtone.AuthMethod(cmp.Or(e.AuthMethod, string(method)))
	if client.ID == "" {
		client.ID = derivedClientID(e.Product, e.Description)
	}
	return client
}

// derivedClientID gives the same id to the same client in every run. Ids are no secrets.
func derivedClientID(product, description string) string {
	const length = 26 // as long as the ids of package secret
	sum, err := base64.RawURLEncoding.DecodeString(secret.Hash(product + "\x00" + description))
	if err != nil {
		panic(fmt.Sprintf("apply: secret.Hash is base64url: %v", err))
	}
	return "client_" + hex.EncodeToString(sum)[:length]
}

// secretHash returns the hash that the entry brings in the form of secret.Hash; empty if it brings none.
func (e ClientEntry) secretHash() (string, error) {
	if e.SecretSHA256 == "" {
		return "", nil
	}
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.RawURLEncoding.DecodeString} {
		if sum, err := decode(e.SecretSHA256); err == nil && len(sum) == 32 {
			return base64.RawURLEncoding.EncodeToString(sum), nil
		}
	}
	return "", fmt.Errorf("client %s: %w: secret_sha256 is not a SHA-256: 64 hexadecimal digits as sha256sum prints them", e.ID, dialtone.ErrInvalid)
}

// E.164 as CAMARA writes it.
var numberPattern = regexp.MustCompile(`^\+[1-9][0-9]{4,14}$`)

func (e SubscriptionEntry) subscription() (dialtone.Subscription, error) {
	subscription := dialtone.Subscription{
		ID: e.ID, OperatorID: e.Operator, PhoneNumber: dialtone.PhoneNumber(e.PhoneNumber), Language: e.Language,
		Status: dialtone.SubscriptionStatus(cmp.Or(e.Status, string(dialtone.SubscriptionActive))),
	}
	known := []dialtone.SubscriptionStatus{dialtone.SubscriptionActive, dialtone.SubscriptionBlocked, dialtone.SubscriptionEnded}
	switch {
	case e.Operator == "":
		return subscription, fmt.Errorf("subscription %v: %w: operator is empty", subscription.PhoneNumber, dialtone.ErrInvalid)
	case !numberPattern.MatchString(e.PhoneNumber):
		return subscription, fmt.Errorf("subscription %v: %w: phone_number is not of the form \"+33639980000\"", subscription.PhoneNumber, dialtone.ErrInvalid)
	case !slices.Contains(known, subscription.Status):
		return subscription, fmt.Errorf("subscription %v: %w: status %q is none of active, blocked, ended", subscription.PhoneNumber, dialtone.ErrInvalid, e.Status)
	}
	return subscription, nil
}
