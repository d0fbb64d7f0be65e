package dialtone

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// StaffRole is what a member of an operator's staff may do. operator/permission.go says what that is.
type StaffRole string

const (
	StaffAdmin   StaffRole = "admin"   // everything, and who else is staff
	StaffProduct StaffRole = "product" // which products reach the subscribers, and how the pages look
	StaffCare    StaffRole = "care"    // helps single subscribers
	StaffAuditor StaffRole = "auditor" // reads everything that was done, and changes nothing
)

// StaffRoles are all roles, in the order of a page.
var StaffRoles = []StaffRole{StaffAdmin, StaffProduct, StaffCare, StaffAuditor}

// Valid reports whether there is such a role.
func (r StaffRole) Valid() bool { return slices.Contains(StaffRoles, r) }

// Staff is an account that works for an operator.
type Staff struct {
	OperatorID string
	Account    Account
	Role       StaffRole
	Joined     time.Time
	Sensitive  bool // may open sensitive lines
	Passkeys   int  // how many the account has: at an operator that asks for one, an account without cannot get in
}

// Post is an operator as one of its staff sees it.
type Post struct {
	OperatorID string
	Role       StaffRole
	Sensitive  bool // may open sensitive lines
}

// StaffInvitation asks the owner of an e-mail address to work for an operator. The link holds the id and a secret, the row the
// secret's hash.
type StaffInvitation struct {
	ID         string
	OperatorID string
	Email      string
	Role       StaffRole
	SecretHash string
	InvitedBy  string // as the invited person reads it
	InviterID  string // account; empty: `dialtone apply`
	Created    time.Time
	Expires    time.Time
	Accepted   time.Time // zero: not yet
	Withdrawn  time.Time // zero: it stands
}

// Open reports whether the invitation can be accepted at now.
func (i StaffInvitation) Open(now time.Time) bool {
	return i.Accepted.IsZero() && i.Withdrawn.IsZero() && now.Before(i.Expires) && !FromTheFuture(i.Created, now)
}

// AuditEntry is one line of what was done at an operator, by staff, by a program or by itself. Lines are numbered and each holds the
// hash of the one before, so that nobody takes one out or changes it unnoticed.
//
// What a line says of people is kept apart from the chain, by a digest: it can be erased when its time has come, and the chain still
// proves who did what to which thing, and when.
type AuditEntry struct {
	ID         string
	OperatorID string
	Seq        int64 // from 1, without a gap, in the order in which they were committed
	At         time.Time
	ActorID    string // an account, an API key, or "apply"
	Action     string // "listing.enable", "staff.role"
	Target     string // id of what it was done to
	Words      AuditWords
	Digest     string // of Words
	Hash       string // of the entry and the hash before it
}

// AuditWords are what people read of an AuditEntry: names as they were then, so that the line reads the same after they changed.
type AuditWords struct {
	Actor  string `json:"actor"`            // the person's name or address, the key's name
	Role   string `json:"role,omitempty"`   // of the actor at that time
	Target string `json:"target,omitempty"` // the name of what it was done to
	Detail string `json:"detail,omitempty"` // what changed, in words, without secrets
	Reason string `json:"reason,omitempty"` // that the actor gave
	Salt   string `json:"salt"`             // so that nobody finds out erased words by trying
}

// Digest is the SHA-256 of the words, in base64url.
func (w AuditWords) Digest() string {
	plain, err := json.Marshal(w)
	if err != nil {
		panic("dialtone: plain fields are JSON: " + err.Error())
	}
	sum := sha256.Sum256(plain)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Chain returns the hash of an entry that follows the one with the hash before, which is empty for the first: the SHA-256, in hex, of
// the JSON array [before, operator, number, Unix microseconds, actor, action, target, digest]. Anybody can compute it again from an
// export.
func (e AuditEntry) Chain(before string) string {
	plain, err := json.Marshal([]any{before, e.OperatorID, e.Seq, e.At.UnixMicro(), e.ActorID, e.Action, e.Target, e.Digest})
	if err != nil {
		panic("dialtone: plain fields are JSON: " + err.Error())
	}
	sum := sha256.Sum256(plain)
	return hex.EncodeToString(sum[:])
}

// AuditQuery chooses lines of an operator's audit log, the newest first.
type AuditQuery struct {
	OperatorID string
	Before     int64     // number of the line before which to begin; 0: the newest
	Action     string    // empty: all
	Target     string    // id; empty: all
	ActorID    string    // empty: all
	From, To   time.Time // zero: unbounded
	Limit      int
}
