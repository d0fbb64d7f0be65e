package dialtone

import (
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
