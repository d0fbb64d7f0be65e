package directory

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Cause says who changes lines of an operator, on which way, and why.
type Cause struct {
	OperatorID string // only its lines are changed
	Source     dialtone.LineSource
	Actor      string
	Reason     string // empty: what the change itself says
	ImportID   string // of an import
	ImportLine int
}

// decides reports whether a person decides, which no file changes again.
func (c Cause) decides() bool {
	return c.Source == dialtone.SourceStaff || c.Source == dialtone.SourceCommand
}

func (c Cause) event(kind dialtone.LineEventKind, detail string, now time.Time) dialtone.LineEvent {
	return dialtone.LineEvent{
		ID: secret.ID("le"), OperatorID: c.OperatorID, Kind: kind, Detail: detail, Source: c.Source, Actor: c.Actor, Reason: c.Reason,
		ImportID: c.ImportID, ImportLine: c.ImportLine, At: now,
	}
}

// Change says what it means that a line is another one than it was: what goes on, what ends, who hears of it. A line without an id before
// is a new one. False: nothing is another.
//
//	new                       | nobody's consents, a sub of its own
//	another number            | sub, consents and sessions stay, apps that know the number hear of it
//	another SIM               | sub and consents stay, sessions end
//	blocked                   | nothing can be used, until it is unblocked
//	ended                     | everything ends for good, and the sub with it
func Change(was, is dialtone.Subscription, cause Cause, now time.Time) (dialtone.LineChange, bool) {
	c := dialtone.LineChange{Was: was, Is: is}
	note := func(kind dialtone.LineEventKind) { c.Events = append(c.Events, cause.event(kind, "", now)) }
	switch {
	case was.ID == "":
		note(dialtone.LineCreated)
		return c, true
	case c.Ends():
		note(dialtone.LineEnded)
		return c, true
	}
	if c.Renumbers() {
		c.TellNumber = true
		note(dialtone.LineNumberChanged)
	}
	if simReplaced(was, is) {
		c.SignOut, c.TellSIM = true, true
		note(dialtone.LineSIMReplaced)
	}
	switch {
	case was.Status == is.Status:
	case is.Status == dialtone.SubscriptionBlocked:
		note(dialtone.LineBlocked)
	default:
		note(dialtone.LineUnblocked)
	}
	if was.Language != is.Language || was.ExternalID != is.ExternalID || was.Sensitive != is.Sensitive {
		note(dialtone.LineRetold)
	}
	same := was.StatusDecided == is.StatusDecided && was.SensitiveDecided == is.SensitiveDecided && was.SIMChanged.Equal(is.SIMChanged)
	return c, len(c.Events) > 0 || !same
}

// simReplaced reports whether the SIM is another one than when the line was seen last. Of a line whose SIM was not known before, only
// what happened since the line is here counts: the first list that tells it signs nobody out.
func simReplaced(was, is dialtone.Subscription) bool {
	since := was.SIMChanged
	if since.IsZero() {
		since = was.Created
	}
	return is.SIMChanged.After(since)
}
