// Package message carries texts to phones.
//
// It owns the words of a PIN SMS, the senders and what happens between "send this" and the gateway's last word on it. It
// refuses to know why a text is sent, and keeps neither texts nor numbers: logs and rows hold ids and states.
//
//	Dispatcher ── Router ──▶ Sender: Inbox (demo) │ HTTP (a gateway)
//	    │                                            ┆
//	    └──▶ dialtone.SMSMessage row ◀── StatusHandler ◀┄┄ the gateway's report
package message

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Message is one SMS on its way.
type Message struct {
	ID         string // ours; the idempotency key at the gateway
	OperatorID string
	Route      string // names the sender that takes it
	To         dialtone.PhoneNumber
	Sender     string // sender id as the handset shows it; empty: the gateway's own
	Text       secret.Text
	NotAfter   time.Time // worthless from then on
	Template   string    // which text it is, for the record
	Language   string
	// Left, if it is set, is told once that the message left, and as how many SMS: what the operator pays for. It is called in
	// the background and must not wait.
	Left func(segments int)
}

// Sender is one way out. Send returns nil when the message was taken, or an error with a *Failure in it. It is safe for
// concurrent use.
type Sender interface {
	Name() string
	Send(ctx context.Context, m Message) (Accepted, error)
}

// Accepted is the gateway's receipt.
type Accepted struct {
	ProviderID string // empty when the gateway gives none
}

// Router holds the senders by the route names that operators are configured with. It is not changed after the start.
type Router map[string]Sender

// FailureKind says what a failed Send means for the message.
type FailureKind string

const (
	Rejected  FailureKind = "rejected"  // for good: the same message will be refused again
	Throttled FailureKind = "throttled" // not taken: too many at once
	Temporary FailureKind = "temporary" // not taken: may be tried again
	Ambiguous FailureKind = "ambiguous" // may have been taken: trying again may send it twice
)

// Failure is why a message was not sent. It holds nothing that the message held.
type Failure struct {
	Kind       FailureKind
	Code       string        // short, for the record: "http_400"
	RetryAfter time.Duration // Throttled and Temporary: what the gateway asked for; 0: nothing
	Cause      error
}

func (f *Failure) Error() string {
	if f.Cause == nil {
		return fmt.Sprintf("message %s: %s", f.Kind, f.Code)
	}
	return fmt.Sprintf("message %s: %s: %v", f.Kind, f.Code, f.Cause)
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Cause }
