package directory

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// The sandbox operator is part of every installation: published test numbers with fixed PINs, and no SMS.
const (
	SandboxOperatorID = dialtone.SandboxOperatorID
	SandboxRoute      = "sandbox" // names no sender: nothing leaves

	sandboxPINDigits = 6
)

// The numbers that the regulators of Sweden (PTS) and the United Kingdom (Ofcom) keep for films and books. Nobody has them.
var (
	sandboxRanges  = []string{"+467017406", "+447700900"}
	sandboxPattern = regexp.MustCompile(`^(\+4670174(060[5-9]|06[1-9][0-9])|\+447700900[0-9]{3})$`)
)

// IsSandboxNumber reports whether the number is one that is published for tests and can be nobody's.
func IsSandboxNumber(number dialtone.PhoneNumber) bool {
	return sandboxPattern.MatchString(number.E164())
}

// SandboxNumbers returns the test numbers, +46701740605 … 699 and +447700900000 … 999.
func SandboxNumbers() []dialtone.PhoneNumber {
	var numbers []dialtone.PhoneNumber
	for last := 605; last <= 699; last++ {
		numbers = append(numbers, dialtone.PhoneNumber(fmt.Sprintf("+46701740%03d", last)))
	}
	for last := range 1000 {
		numbers = append(numbers, dialtone.PhoneNumber(fmt.Sprintf("+447700900%03d", last)))
	}
	return numbers
}

// SandboxPIN returns the PIN that always works for a test number: its last six digits.
func SandboxPIN(number dialtone.PhoneNumber) string {
	e164 := number.E164()
	return e164[max(0, len(e164)-sandboxPINDigits):]
}

// SandboxStore is what EnsureSandbox needs.
type SandboxStore interface {
	// SubscriptionByNumber returns the line that has the number now. ErrNotFound if there is none.
	SubscriptionByNumber(ctx context.Context, number dialtone.PhoneNumber) (dialtone.Subscription, error)
	Operators(ctx context.Context) ([]dialtone.Operator, error)
	PutOperator(ctx context.Context, o dialtone.Operator) error
	// PutSubscriptions inserts all lines or none. ErrConflict if one of the numbers has a line.
	PutSubscriptions(ctx context.Context, lines []dialtone.Subscription, now time.Time) error
}

// EnsureSandbox makes the sandbox operator, and a line for each test number if the first one has none. Several nodes may do
// so at once. When all is there, it costs two reads.
func EnsureSandbox(ctx context.Context, store SandboxStore, now time.Time) error {
	if err := ensureSandboxOperator(ctx, store, now); err != nil {
		return fmt.Errorf("make the sandbox operator: %w", err)
	}
	numbers := SandboxNumbers()
	if missing, err := hasNoLine(ctx, store, numbers[0]); err != nil || !missing {
		return err
	}
	var lines []dialtone.Subscription
	for _, number := range numbers {
		missing, err := hasNoLine(ctx, store, number)
		if err != nil {
			return err
		}
		if missing {
			lines = append(lines, sandboxLine(number, now))
		}
	}
	err := store.PutSubscriptions(ctx, lines, now)
	if errors.Is(err, dialtone.ErrConflict) {
		return nil // another node was quicker, and made all of them
	}
	if err != nil {
		return fmt.Errorf("make the sandbox lines: %w", err)
	}
	return nil
}

func ensureSandboxOperator(ctx context.Context, store SandboxStore, now time.Time) error {
	operators, err := store.Operators(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(operators, func(o dialtone.Operator) bool { return o.ID == SandboxOperatorID }) {
		return nil // as it is: its name and colours may have been changed
	}
	return store.PutOperator(ctx, dialtone.Operator{
		ID: SandboxOperatorID, Name: "Sandbox", Brand: dialtone.Brand{Colour: "#4b5563"}, Ranges: sandboxRanges,
		Approval: dialtone.ApprovalAutomatic, SMS: dialtone.SMSRoute{Route: SandboxRoute}, Language: "en", Sandbox: true,
		Created: now, Updated: now,
	})
}

func hasNoLine(ctx context.Context, store SandboxStore, number dialtone.PhoneNumber) (bool, error) {
	_, err := store.SubscriptionByNumber(ctx, number)
	if errors.Is(err, dialtone.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for sandbox line %s: %w", number, err)
	}
	return false, nil
}

// sandboxLine is a new line with a new id, always: a test number that was "ported" and comes again is another line, and the
// old line's id never comes back.
func sandboxLine(number dialtone.PhoneNumber, now time.Time) dialtone.Subscription {
	return dialtone.Subscription{
		ID: secret.ID("sub"), OperatorID: SandboxOperatorID, PhoneNumber: number, Status: dialtone.SubscriptionActive,
		FixedPIN: SandboxPIN(number), Created: now,
	}
}
