package dialtone

import (
	"fmt"
	"regexp"
	"time"
)

// An operator's own id of a line stands in its files and its API: printable, without spaces.
var externalIDPattern = regexp.MustCompile(`^[!-~]{1,100}$`)

// ExternalIDRule says what an operator's own id of a line is, for whoever wrote another one.
const ExternalIDRule = "an id has 1 to 100 letters, digits and signs of ASCII, without spaces"

// ValidExternalID reports whether id can be an operator's own id of a line.
func ValidExternalID(id string) bool { return externalIDPattern.MatchString(id) }

// LineSource is the way on which a line is made or changed.
type LineSource string

const (
	SourceImport  LineSource = "import"  // a file of the operator
	SourceAPI     LineSource = "api"     // the operator's system
	SourceStaff   LineSource = "staff"   // a person in the console
	SourcePorting LineSource = "porting" // a porting record whose time had come
	SourceSignIn  LineSource = "sign_in" // a difference that was seen when somebody signed in
	SourceCommand LineSource = "command" // the command line
)

// LineEventKind names what happened to a line.
type LineEventKind string

const (
	LineCreated       LineEventKind = "created"
	LineNumberChanged LineEventKind = "number_changed" // the same line, and the same sub
	LineSIMReplaced   LineEventKind = "sim_replaced"
	LineBlocked       LineEventKind = "blocked"
	LineUnblocked     LineEventKind = "unblocked"
	LineRetold        LineEventKind = "retold"      // what it is called, its language, whether it is sensitive
	LineTransferred   LineEventKind = "transferred" // to another name, and the operator says that it is the same party
	LineEnded         LineEventKind = "ended"
)

// The reasons for which lines end. Operators may give others, in words.
const (
	EndedByOperator   = "terminated"
	EndedPortedOut    = "ported_out"
	EndedReassigned   = "number_reassigned"
	EndedTransferred  = "ownership_transferred"
	EndedNumberOfAge  = "number_aged" // nobody used it for so long that it may have another holder
	EndedIDTakenAgain = "id_given_again"
)

// LineEvent is one line of the append-only history of a subscription. It names no number.
type LineEvent struct {
	ID             string
	OperatorID     string
	SubscriptionID string
	Kind           LineEventKind
	Detail         string // "to sub_…": the line that has the number now
	Source         LineSource
	Actor          string // an account, "apply", "porting"
	Reason         string
	ImportID       string // of an import: with its line, where it came from
	ImportLine     int
	At             time.Time
}

// LineChange is what becomes of one line, all of it or nothing.
type LineChange struct {
	Was Subscription // as it was read; without an id: there is none yet
	Is  Subscription // Status ended: it ends, with everything that belongs to it; with an empty ExternalID, it loses the operator's own id
	// What else ends or is told besides what follows from the line's end.
	SignOut        bool // its sessions end
	RevokeConsents bool // and with them every grant
	TellNumber     bool // products that may know the number hear that it is another one
	TellSIM        bool // products hear that the SIM was replaced
	Events         []LineEvent
}

// Ends reports whether the line ends.
func (c LineChange) Ends() bool {
	return c.Is.Status == SubscriptionEnded && c.Was.Status != SubscriptionEnded
}

// Renumbers reports whether a line that goes on gets another number.
func (c LineChange) Renumbers() bool {
	return c.Was.ID != "" && !c.Ends() && c.Was.PhoneNumber != c.Is.PhoneNumber
}

// PastNumber is a number that a line had before.
type PastNumber struct {
	OperatorID     string
	SubscriptionID string
	Number         PhoneNumber
	Until          time.Time
}

// ValidateReason says what is wrong with the words that somebody gives for a change of a line. Error: ErrInvalid.
func ValidateReason(reason string) error {
	const most = 200
	if len(reason) > most {
		return fmt.Errorf("%w: the reason is longer than %d bytes", ErrInvalid, most)
	}
	return nil
}

// Held is a consent in force with what it is for.
type Held struct {
	Consent      Consent
	Product      Product
	Organization string // its name
}

// LineNote is what one of the staff writes to colleagues about a line.
type LineNote struct {
	ID             string
	OperatorID     string
	SubscriptionID string
	AuthorID       string
	Author         string // as colleagues read it
	Words          string
	At             time.Time
}
