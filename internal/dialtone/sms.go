package dialtone

import "time"

// SMSMessage is the record of one SMS: that it was sent, and what became of it. The text and the number are not kept.
type SMSMessage struct {
	ID         string
	OperatorID string
	Route      string
	ProviderID string // the gateway's own id; empty when it gave none
	Template   string // which text it was, for example "pin"
	Language   string
	State      SMSState
	Code       string // the gateway's reason, or ours; empty when all is well
	Segments   int
	Created    time.Time
	Updated    time.Time
}

// SMSReport is a gateway's word on what became of an SMS.
type SMSReport struct {
	Route      string
	MessageID  string // ours; empty when the gateway knows its own only
	ProviderID string // within Route
	State      SMSState
	Code       string
	At         time.Time
}

// SMSState says how far an SMS has come.
type SMSState string

const (
	SMSAccepted    SMSState = "accepted"    // the gateway took it
	SMSUnknown     SMSState = "unknown"     // the gateway broke off: it may have taken it
	SMSSent        SMSState = "sent"        // on its way to the handset
	SMSRejected    SMSState = "rejected"    // the gateway refused it
	SMSDropped     SMSState = "dropped"     // we gave up: too old, over a limit, or no such route
	SMSUndelivered SMSState = "undelivered" // it did not reach the handset
	SMSDelivered   SMSState = "delivered"
)

// Rank orders the states. Reports arrive in any order, and a state is replaced only by one of a higher rank: DELIVERED
// never becomes SENT again. Zero: not a state.
func (s SMSState) Rank() int {
	switch s {
	case SMSUnknown:
		return 1
	case SMSAccepted:
		return 2
	case SMSSent:
		return 3
	case SMSRejected, SMSDropped, SMSUndelivered:
		return 4
	case SMSDelivered:
		return 5
	}
	return 0
}
