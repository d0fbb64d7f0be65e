package dialtone

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"
)

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
