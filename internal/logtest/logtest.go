// Package logtest holds the log of a test: it can be read while others write it.
package logtest

import (
	"bytes"
	"strings"
	"sync"
)

// Log is what was written so far. The zero value is empty. Safe for concurrent use.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds to the log.
func (l *Log) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

// String returns all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Line returns the first line with the words in it; empty if there is none.
func (l *Log) Line(words string) string {
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, words) {
			return line
		}
	}
	return ""
}
