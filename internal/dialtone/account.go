package dialtone

import (
	"slices"
	"time"
)

// Account is a person who works in the portal or the console: a developer, or a member of an operator's staff. Subscribers
// have none; they are known by their lines.
type Account struct {
	ID string
	// Email is proved by a code that was sent to it, in the form of writing.Email, and belongs to one account. It is empty
	// for a person who is known through a company's sign-in only.
	Email   string
	Name    string // as colleagues read it; may be empty
	Created time.Time
}

// Display is what others read: the name, or the address, or the id.
func (a Account) Display() string {
	for _, text := range []string{a.Name, a.Email} {
		if text != "" {
			return text
		}
	}
	return a.ID
}

// AccountSession is a signed-in browser of an account. The cookie holds the id and a secret, the row the id and the secret's
// hash.
type AccountSession struct {
	ID         string
	SecretHash string
	AccountID  string
	// OrganizationID confines the session: it came through that organization's own sign-in, whose word counts inside the
	// organization only. Empty: wherever the account is a member.
	OrganizationID string
	Method         SignInMethod
	Agent          string // the browser in words: "Firefox on Linux"
	Created        time.Time
	Seen           time.Time // exact to a minute
	Expires        time.Time
	Ended          time.Time // zero while signed in
}

// Live reports whether the session counts at now.
func (s AccountSession) Live(now time.Time) bool {
	return s.ID != "" && s.Ended.IsZero() && now.Before(s.Expires) && !FromTheFuture(s.Created, now)
}

// SignInMethod is how a person proved an account.
type SignInMethod string

const (
	SignInEmail   SignInMethod = "email"
	SignInPasskey SignInMethod = "passkey"
	SignInCompany SignInMethod = "company"
)

// EmailCode is one sign-in code on its way to an e-mail address: bound to a browser and an address. The address itself is not
// kept before it is proved.
type EmailCode struct {
	ID          string
	BrowserHash string
	EmailKey    string // keyed hash of the address
	CodeHash    string // keyed hash of id and code
	Attempts    int
	Superseded  bool
	Verified    time.Time
	Created     time.Time
	Expires     time.Time
}

// EmailIssue is a code to be made, and what decides on it.
type EmailIssue struct {
	Code    EmailCode
	Budgets []Budget // that it is charged to
	// LongHash takes the code's place if as many wrong tries as one of Guesses' limits were counted: then somebody guesses at the address.
	// Without a key in Guesses it never does.
	LongHash string
	Guesses  Budget
}

// EmailTry is one code that was typed.
type EmailTry struct {
	ID          string
	BrowserHash string
	EmailKey    string
	CodeHash    string
	MaxAttempts int
	GuessKey    string // the budget in which a wrong try is counted, which refuses nothing; empty: it is not counted
}

// EmailTried is what an EmailTry led to.
type EmailTried struct {
	Account      Account // zero unless Right
	New          bool    // the account was made by this try
	Right        bool
	AttemptsLeft int
}

// Passkey is a WebAuthn credential of an account.
type Passkey struct {
	ID         string // the credential id, base64url
	AccountID  string
	Name       string // the person's own word for it
	Credential string // JSON, as the WebAuthn library keeps it: public key, sign count, flags
	Created    time.Time
	LastUsed   time.Time
}

// CompanySignIn is an organization's own OpenID Connect provider.
type CompanySignIn struct {
	OrganizationID string
	Issuer         string
	ClientID       string
	SealedSecret   string // the client secret, sealed; empty: a public client
	// JoinAs is the role that people get who come for the first time without an invitation; empty: they are refused.
	JoinAs  Role
	Updated time.Time
}

// CompanyPerson is somebody whom an organization's provider signed in.
type CompanyPerson struct {
	OrganizationID string
	Issuer         string
	Subject        string  // the issuer's name for them
	Email          string  // proved by the issuer; may be empty
	IfNew          Account // for who comes for the first time
}

// Role is what a member may do in an organization. catalog/permission.go says what that is.
type Role string

const (
	RoleOwner     Role = "owner"
	RoleDeveloper Role = "developer"
	RoleViewer    Role = "viewer"
)

// Roles are all roles, the mightiest first.
var Roles = []Role{RoleOwner, RoleDeveloper, RoleViewer}

// Valid reports whether there is such a role.
func (r Role) Valid() bool { return slices.Contains(Roles, r) }

// Member is an account in an organization.
type Member struct {
	OrganizationID string
	Account        Account
	Role           Role
	Joined         time.Time
}

// Membership is an organization as one of its members sees it.
type Membership struct {
	Organization Organization
	Role         Role
}

// Invitation asks the owner of an e-mail address into an organization. The link holds the id and a secret, the row the
// secret's hash.
type Invitation struct {
	ID             string
	OrganizationID string
	Email          string
	Role           Role
	SecretHash     string
	InvitedBy      string // as the invited person reads it
	InviterID      string // account; empty: an API key invited
	Created        time.Time
	Expires        time.Time
	Accepted       time.Time // zero: not yet
	Withdrawn      time.Time // zero: it stands
}

// Open reports whether the invitation can be accepted at now.
func (i Invitation) Open(now time.Time) bool {
	return i.Accepted.IsZero() && i.Withdrawn.IsZero() && now.Before(i.Expires) && !FromTheFuture(i.Created, now)
}

// APIKey opens the management API for one organization. The key itself is shown once and never kept.
type APIKey struct {
	ID             string
	OrganizationID string
	Name           string
	Hash           string   // secret.Hash of the key
	Rights         []string // names of catalog's actions, sorted
	CreatedBy      string   // as colleagues read it
	CreatorID      string   // account
	Created        time.Time
	Expires        time.Time // zero: never
	LastUsed       time.Time // zero: never; exact to a minute
	Revoked        time.Time // zero: it stands
}

// Live reports whether the key is accepted at now.
func (k APIKey) Live(now time.Time) bool {
	return k.Revoked.IsZero() && (k.Expires.IsZero() || now.Before(k.Expires))
}

// Actor is whoever does something: a person, or a program with an API key.
type Actor struct {
	AccountID string // empty: an API key
	APIKeyID  string // empty: a person
	// OrganizationID confines the actor to one organization: an API key's, or that of a company session.
	OrganizationID string
	ByPasskey      bool     // a person who signed in with a passkey
	Rights         []string // of an API key
	Name           string   // as the activity log shows it
}

// ID names the actor in histories: the account's id or the key's.
func (a Actor) ID() string {
	if a.APIKeyID != "" {
		return a.APIKeyID
	}
	return a.AccountID
}

// Activity is one line of an organization's log of what its members and keys did: append-only.
type Activity struct {
	ID             string
	OrganizationID string // empty: it concerns the account alone, as a new passkey
	ActorID        string // an account, an API key, or an operator, whose own log says who of its staff it was
	ActorName      string
	Action         string // "product.update", "client.secret.create"
	Target         string // id of what it was done to
	Detail         string // what changed, in words, without secrets
	At             time.Time
}

// IdempotentAnswer is what a request to the management API was answered, for when it is sent again with the same
// idempotency key.
type IdempotentAnswer struct {
	RequestHash string // of method, address and body: the key stands for this request only
	Status      int    // of HTTP; 0 until Done
	SealedBody  string
	Done        bool // false: the first one is still being worked on, or its node went down
	Created     time.Time
}

// FailedRequest is a request of a client that was refused, as its developers read it: no personal data, kept for 7 days.
type FailedRequest struct {
	ID          string // the error id
	ProductID   string
	ClientID    string
	Endpoint    string // "authorize", "token", "userinfo", "introspect", "revoke", "revoke-link"
	Code        string // the OAuth error code
	Description string // as the client was told
	Detail      string // the exact mismatch; empty if the description says all
	At          time.Time
}

// Tally is how often something happened with a client in an hour.
type Tally struct {
	ProductID  string
	ClientID   string
	OperatorID string // empty where none is known
	Hour       time.Time
	Kind       TallyKind
	Count      int64
}

// TallyKind names what is counted.
type TallyKind string

const (
	TallySignInStarted      TallyKind = "sign_in.started"       // a number was given and a PIN is on its way
	TallySignInCompleted    TallyKind = "sign_in.completed"     // the browser left with a code
	TallySignInDenied       TallyKind = "sign_in.denied"        // the subscriber said no
	TallySignInFailed       TallyKind = "sign_in.failed"        // too many wrong PINs
	TallySignInNotAvailable TallyKind = "sign_in.not_available" // the product is not enabled at the operator
	TallySignInRefused      TallyKind = "sign_in.refused"       // the request was faulty
	TallyConsentGranted     TallyKind = "consent.granted"
	TallyConsentUpdated     TallyKind = "consent.updated"
	TallyConsentRevoked     TallyKind = "consent.revoked"
	TallyTokenIssued        TallyKind = "token.issued"
	TallyTokenRefreshed     TallyKind = "token.refreshed"
	TallySMSSegments        TallyKind = "sms.segments" // what the operator pays for
	TallyTokenError         TallyKind = "token.error." // followed by the OAuth error code
)
