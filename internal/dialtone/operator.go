package dialtone

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// SandboxOperatorID is the operator that is part of every installation: it has published test numbers with fixed PINs only, and
// enables whatever is offered to it.
const SandboxOperatorID = "sandbox"

// Operator is a mobile operator: the tenant. It decides which products reach its subscribers.
type Operator struct {
	ID      string
	Name    string // as subscribers know it
	Brand   Brand
	Support string // help address shown to subscribers: an https URL, mailto: or tel: address
	// Ranges are E.164 prefixes ("+4670174"), used to show the brand before sign-in. They say nothing about who is
	// served: numbers are portable, so only the directory does.
	Ranges   []string
	Approval ApprovalPolicy
	SMS      SMSRoute
	Language string // BCP 47; the language of the operator's SMS and pages when the person's own is unknown
	Sandbox  bool   // serves test numbers with fixed PINs and can never sign in a real number
	// PasskeyRequired: its staff get in only if they signed in with a passkey.
	PasskeyRequired bool
	Created         time.Time
	Updated         time.Time
}

// Brand is how an operator looks on the subscriber's pages.
type Brand struct {
	Colour string // "#rrggbb"
	LogoID string // an Asset; empty: the name in letters
}

// SMSRoute says how an operator's messages leave.
type SMSRoute struct {
	Route  string // name of a configured sender: "inbox", "http", …
	Sender string // sender id: alphanumeric up to 11 characters, or digits
	Daily  int    // most messages a day; 0: no limit
	// Price is what a segment costs the operator, in millionths of the unit of Currency; 0: not known.
	Price      int64
	Currency   string // ISO 4217: "EUR"; empty without a price
	SharePrice bool   // the developers of a product may see what its SMS cost
}

// ApprovalPolicy says what happens to a product that is offered to the operator.
type ApprovalPolicy string

const (
	ApprovalManual    ApprovalPolicy = "manual"    // staff decide
	ApprovalAutomatic ApprovalPolicy = "automatic" // enabled at once
)

var (
	colourPattern   = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	rangePattern    = regexp.MustCompile(`^\+[1-9][0-9]{0,14}$`)
	currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)
	senderPattern   = regexp.MustCompile(`^([A-Za-z0-9 ._-]{1,11}|\+?[0-9]{3,15})$`)
)

// Validate says what is wrong with the operator, as an error that wraps ErrInvalid.
func (o Operator) Validate() error {
	switch {
	case !ValidID(o.ID):
		return fmt.Errorf("operator %q: %w: %s", o.ID, ErrInvalid, IDRule)
	case strings.TrimSpace(o.Name) == "":
		return fmt.Errorf("operator %s: %w: name is empty", o.ID, ErrInvalid)
	case o.Brand.Colour != "" && !colourPattern.MatchString(o.Brand.Colour):
		return fmt.Errorf("operator %s: %w: colour %q is not of the form #rrggbb", o.ID, ErrInvalid, o.Brand.Colour)
	case o.Support != "" && !helpAddress(o.Support):
		return fmt.Errorf("operator %s: %w: support %q begins with none of https://, mailto: and tel: as it must", o.ID, ErrInvalid, o.Support)
	case o.Language != "" && !Spoken(o.Language):
		return fmt.Errorf("operator %s: %w: language %q is none that pages and SMS speak: %s", o.ID, ErrInvalid, o.Language, strings.Join(Languages, ", "))
	case o.Approval != ApprovalManual && o.Approval != ApprovalAutomatic:
		return fmt.Errorf("operator %s: %w: approval %q is neither manual nor automatic", o.ID, ErrInvalid, o.Approval)
	case o.SMS.Sender != "" && !senderPattern.MatchString(o.SMS.Sender):
		return fmt.Errorf("operator %s: %w: SMS sender %q is neither 1-11 letters and digits nor a number", o.ID, ErrInvalid, o.SMS.Sender)
	case o.SMS.Daily < 0:
		return fmt.Errorf("operator %s: %w: the daily SMS limit is negative", o.ID, ErrInvalid)
	}
	if err := o.SMS.validatePrice(); err != nil {
		return fmt.Errorf("operator %s: %w", o.ID, err)
	}
	for _, prefix := range o.Ranges {
		if !rangePattern.MatchString(prefix) {
			return fmt.Errorf("operator %s: %w: range %q is not + and up to 15 digits", o.ID, ErrInvalid, prefix)
		}
	}
	return nil
}

// helpAddress reports whether subscribers can be sent there for help.
func helpAddress(text string) bool {
	for _, scheme := range []string{"mailto:", "tel:"} {
		if after, ok := strings.CutPrefix(text, scheme); ok {
			return after != "" && !strings.ContainsAny(text, " \n")
		}
	}
	return PublicAddress(text)
}

func (r SMSRoute) validatePrice() error {
	switch {
	case r.Price < 0:
		return fmt.Errorf("%w: the price of an SMS is negative", ErrInvalid)
	case (r.Price > 0) != (r.Currency != ""):
		return fmt.Errorf("%w: the price of an SMS needs a currency, and a currency a price", ErrInvalid)
	case r.Currency != "" && !currencyPattern.MatchString(r.Currency):
		return fmt.Errorf("%w: SMS currency %q is not of the form EUR (ISO 4217)", ErrInvalid, r.Currency)
	case r.SharePrice && r.Price == 0:
		return fmt.Errorf("%w: there is no price of an SMS to share", ErrInvalid)
	}
	return nil
}

// PhoneNumber is a number in E.164 form with the plus sign: "+46701740605". It prints masked; String returns
// "+46•••••0605", and E164 the number itself, for the one place that needs it.
type PhoneNumber string

// E164 returns the number as digits with a leading plus sign.
func (n PhoneNumber) E164() string { return string(n) }

// String returns the masked number, so that logs and errors never hold a full one.
func (n PhoneNumber) String() string { return n.Masked() }

// GoString masks too, for %#v.
func (n PhoneNumber) GoString() string { return n.Masked() }

// Masked returns the number with its middle hidden: at most the first three and the last four characters show.
func (n PhoneNumber) Masked() string {
	const head, tail = 3, 4
	if len(n) <= head+tail {
		return strings.Repeat("•", len(n))
	}
	return string(n[:head]) + strings.Repeat("•", len(n)-head-tail) + string(n[len(n)-tail:])
}

// SubscriptionStatus says whether a line can sign in.
type SubscriptionStatus string

const (
	SubscriptionActive  SubscriptionStatus = "active"
	SubscriptionBlocked SubscriptionStatus = "blocked" // by the operator: cannot sign in, tokens stop
	SubscriptionEnded   SubscriptionStatus = "ended"   // ported out or terminated; the id never comes back
)

// Subscription is one line at one operator: the identity anchor. Its number may change; its id never does and is never
// given to another line.
type Subscription struct {
	ID          string
	OperatorID  string
	PhoneNumber PhoneNumber
	Status      SubscriptionStatus
	Language    string // BCP 47, empty when unknown
	FixedPIN    string // sandbox operator only: the PIN that always works for this test number
	Created     time.Time
	Ended       time.Time // zero while not ended

	ExternalID string // the operator's own id of the line; empty: it has none
	Sensitive  bool   // only staff whom the operator names for it may open the line
	// A person decided on the status, or on whether the line is sensitive: no import and no feed changes it.
	StatusDecided, SensitiveDecided bool
	SIMChanged                      time.Time // zero: not known
}

var e164Pattern = regexp.MustCompile(`^\+[1-9][0-9]{4,14}$`)

// ValidE164 reports whether the text is a number as CAMARA writes it: a plus sign and 5 to 15 digits.
func ValidE164(text string) bool { return e164Pattern.MatchString(text) }

// Validate says what is wrong with the line, as an error that wraps ErrInvalid. One without an id is not stored yet.
func (s Subscription) Validate() error {
	switch {
	case s.ID != "" && !ValidID(s.ID):
		return fmt.Errorf("subscription %q: %w: %s", s.ID, ErrInvalid, IDRule)
	case !ValidE164(s.PhoneNumber.E164()):
		return fmt.Errorf("subscription %s: %w: phone_number is not of the form \"+33639980000\"", s.ID, ErrInvalid)
	case s.Status != SubscriptionActive && s.Status != SubscriptionBlocked && s.Status != SubscriptionEnded:
		return fmt.Errorf("subscription %s: %w: status %q is none of active, blocked, ended", s.ID, ErrInvalid, s.Status)
	}
	return nil
}

// Active reports whether the line can sign in and its tokens work.
func (s Subscription) Active() bool { return s.Status == SubscriptionActive }

// Asset is a small picture: an operator's logo, a product's icon.
type Asset struct {
	ID        string // SHA-256 of Body in hex: the address never changes its content
	MediaType string // image/png, image/jpeg or image/svg+xml
	Body      []byte
}
