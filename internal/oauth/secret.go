package oauth

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a credential as a client sent it. It prints as [redacted], so that it never gets into a log.
type Secret string

const redacted = "[redacted]"

// Reveal returns the credential, for the one place that compares it.
func (s Secret) Reveal() string { return string(s) }

// String redacts.
func (s Secret) String() string { return redacted }

// Format redacts, for every verb: %d and %x look at no String.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue redacts, for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText redacts, for JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
