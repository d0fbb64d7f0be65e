package dialtone

import "time"

// ClockSkew is how far the clocks of two nodes, or of a node and its database, may differ.
const ClockSkew = 10 * time.Minute

// FromTheFuture reports whether a time that was noted when something happened lies so far ahead that the clock was wrong then.
// What gates something and says so is over: a clock that was years ahead for a minute must not decide until that year.
func FromTheFuture(noted, now time.Time) bool { return noted.After(now.Add(ClockSkew)) }
