package dialtone

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// UniqueNames refuses JSON in which an object has a name twice: readers differ in which of the two values they take, and where
// one checks what another uses, that is how a check is bypassed (RFC 8259 §4). What is no JSON at all is for who reads it to
// refuse. The error wraps ErrInvalid and names the member.
func UniqueNames(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	type level struct {
		names map[string]bool // nil: an array
		value bool            // the value of a member comes next
	}
	var open []level
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil
		}
		here := len(open) - 1
		if name, ok := token.(string); ok && here >= 0 && open[here].names != nil && !open[here].value {
			if open[here].names[name] {
				return fmt.Errorf("%w JSON: the member %.60q is there twice", ErrInvalid, name)
			}
			open[here].names[name], open[here].value = true, true
			continue
		}
		if here >= 0 {
			open[here].value = false
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{names: make(map[string]bool)})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:here]
		}
	}
}
