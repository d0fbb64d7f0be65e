package dialtone

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a text that prints as "[redacted]" in every format, log and encoding; only Reveal returns it.
type Secret string

const redacted = "[redacted]"

// Reveal returns the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String redacts.
func (Secret) String() string { return redacted }

// GoString redacts.
func (Secret) GoString() string { return redacted }

// Format redacts for every verb: fmt prints a value with its plain bytes where a verb does not fit, as in %d.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue redacts in structured logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText redacts in JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
