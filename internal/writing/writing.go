// Package writing is how people write: which characters of a text are seen, what an e-mail address is, and how the name of
// somebody else may stand in a message of ours.
//
// It owns the one rule for each of them, so that a page, the API, a file and an SMS agree. It refuses to know what a text is for
// and how long it may be.
//
//	characters.go   spelling or invisible?
//	digits.go       digits of all scripts
//	email.go        one mailbox, one spelling
//	name.go         the name of somebody else in a message of ours
//	likeness.go     does a name lead away, or pass for another?
package writing
