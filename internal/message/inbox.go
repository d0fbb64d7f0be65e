package message

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// inboxSize is how many messages the inbox remembers.
const inboxSize = 500

// Kinds of what an Inbox holds.
const (
	KindSMS  = "sms"
	KindMail = "e-mail"
)

// Received is an SMS or e-mail in an Inbox, with everything that it says: an inbox is for demos and tests.
type Received struct {
	ID      string
	Kind    string // KindSMS or KindMail
	From    string
	To      string // E.164 number or e-mail address
	Subject string // of an e-mail
	Text    string
	At      time.Time
}

// Mail is one e-mail.
type Mail struct {
	From, To, Subject, Text string
}

// Inbox is a Sender that keeps the newest 500 messages in memory instead of sending them. It is safe for concurrent use.
type Inbox struct {
	now     func() time.Time
	mu      sync.Mutex
	newest  []Received // oldest first
	changed chan struct{}
}

// NewInbox returns an empty inbox.
func NewInbox() *Inbox { return &Inbox{now: time.Now, changed: make(chan struct{})} }

// Name is "inbox".
func (b *Inbox) Name() string { return "inbox" }

// Send puts the SMS into the inbox. It never fails.
func (b *Inbox) Send(_ context.Context, m Message) (Accepted, error) {
	b.put(Received{ID: m.ID, Kind: KindSMS, From: m.Sender, To: m.To.E164(), Text: m.Text.Reveal()})
	return Accepted{ProviderID: m.ID}, nil
}

// SendMail puts the e-mail into the inbox. It never fails.
func (b *Inbox) SendMail(_ context.Context, m Mail) error {
	b.put(Received{ID: secret.ID("mail"), Kind: KindMail, From: m.From, To: m.To, Subject: m.Subject, Text: m.Text})
	return nil
}

func (b *Inbox) put(r Received) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.At = b.now().UTC()
	b.newest = append(b.newest, r)
	if over := len(b.newest) - inboxSize; over > 0 {
		b.newest = slices.Delete(b.newest, 0, over)
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// List returns the messages, newest first.
func (b *Inbox) List() []Received {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := slices.Clone(b.newest)
	slices.Reverse(list)
	return list
}

// Changed returns a channel that is closed when the next message comes. Take it before List to miss none.
func (b *Inbox) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}
