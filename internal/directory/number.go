package directory

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// Problem is what is wrong with a number, as far as the person who typed it can do something about it.
type Problem string

const (
	Empty        Problem = "empty"
	TooShort     Problem = "too_short"
	TooLong      Problem = "too_long"
	NotANumber   Problem = "not_a_number"
	NeedsCountry Problem = "needs_country" // in national writing, or with a country code that does not exist
)

// NumberError says why an input is no phone number. It wraps ErrInvalid and does not repeat the input.
type NumberError struct{ Problem Problem }

func (e *NumberError) Error() string { return fmt.Sprintf("phone number: %s", e.Problem) }

// Unwrap makes errors.Is(err, dialtone.ErrInvalid) true.
func (e *NumberError) Unwrap() error { return dialtone.ErrInvalid }

const (
	maxInput    = 64 // characters; a number with its separators has far fewer
	maxDigits   = 18 // of an input: 15 of E.164, and an international prefix or a trunk prefix
	minDigits   = 4  // below, there is nothing to find out about the number
	noRegion    = "ZZ"
	telScheme   = "tel:"
	intlPrefix  = "00" // ITU-T E.123 §2.5 knows only the plus sign, but people write this one
	maxE164Plus = 16   // characters of an E.164 number with its plus sign
)

// Reading is what was made of what somebody typed.
type Reading struct {
	Number dialtone.PhoneNumber // in today's writing
	// Guessed: something of the number is ours, the country or the way it is written since a plan changed. So the person sees it
	// before anything is sent.
	Guessed bool
	// Also is a second number that may be meant, and is tried if no operator serves the first; empty: none. It depends on the
	// number alone, and not on who is served.
	Also dialtone.PhoneNumber
}

// Read reads the number that somebody typed. Region is the ISO 3166 code of the country whose national writing is accepted, for
// example SE; empty: international writing only. Numbers as they were written before a plan changed are read as today's. Error:
// *NumberError.
//
// It says that the number is possible, not that it exists: numbering plans change faster than software.
func Read(input, region string) (Reading, error) {
	digits, international, err := strip(input)
	if err != nil {
		return Reading{}, err
	}
	if international {
		digits, region = "+"+digits, noRegion
	} else if region == "" {
		return Reading{}, &NumberError{NeedsCountry}
	}
	typed, problem := parse(digits, strings.ToUpper(region))
	reading := Reading{Number: typed, Guessed: !international}
	r, today, old := rewritingOf(typed)
	switch {
	case old && r.ambiguous && problem == nil:
		reading.Also = today
	case old:
		if reading.Number, problem = parse(today.E164(), noRegion); problem != nil {
			return Reading{}, problem
		}
		reading.Guessed = true
	case problem != nil:
		return Reading{}, problem
	}
	// Only a number with one spelling is a key: what gives another number when it is read again ("+20 000…", whose zeros are
	// taken for trunk prefixes one by one) is none.
	if again, err := parse(reading.Number.E164(), noRegion); err != nil || again != reading.Number {
		return Reading{}, &NumberError{NotANumber}
	}
	return reading, nil
}

// Display returns the number as people read it: "+46 70 174 06 05".
func Display(number dialtone.PhoneNumber) string {
	parsed, err := phonenumbers.Parse(number.E164(), noRegion)
	if err != nil {
		return number.E164()
	}
	return phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL)
}

// strip takes the separators away and refuses what no number has, before the numbering plans are asked: their parser is
// large, and the input comes from anybody.
func strip(input string) (digits string, international bool, err error) {
	if utf8.RuneCountInString(input) > maxInput {
		return "", false, &NumberError{TooLong}
	}
	input = strings.TrimFunc(input, separator)
	if rest := strings.TrimPrefix(strings.ToLower(input), telScheme); len(rest) < len(input) {
		input = rest
	}
	var out strings.Builder
	for _, r := range input {
		digit, ok := writing.Digit(r)
		switch {
		case ok:
			out.WriteByte(digit)
		case (r == '+' || r == '＋') && out.Len() == 0 && !international:
			international = true
		case separator(r):
		default:
			return "", false, &NumberError{NotANumber}
		}
	}
	digits = out.String()
	if rest, ok := strings.CutPrefix(digits, intlPrefix); ok && !international {
		digits, international = rest, true
	}
	switch {
	case digits == "" && !international:
		return "", false, &NumberError{Empty}
	case len(digits) < minDigits:
		return "", false, &NumberError{TooShort}
	case len(digits) > maxDigits:
		return "", false, &NumberError{TooLong}
	}
	return digits, international, nil
}

// separator reports whether people, and the address books that they copy from, put r between digits. What is not seen keeps
// a number's writing direction, or came along with it.
func separator(r rune) bool {
	return strings.ContainsRune("-.()/‐‑‒–—−", r) || unicode.IsSpace(r) || writing.Unseen(r) && !unicode.IsControl(r)
}

// parse asks the numbering plans about digits with or without a plus sign. With an error for its length it returns the number
// all the same: it may be one of the past.
func parse(digits, region string) (number dialtone.PhoneNumber, err error) {
	defer func() {
		// The parser has had panics on odd input; whoever sends it must not end the request of anybody else.
		if recover() != nil {
			number, err = "", &NumberError{NotANumber}
		}
	}()
	parsed, err := phonenumbers.Parse(digits, region)
	if err != nil {
		return "", &NumberError{problemOf(err)}
	}
	e164 := phonenumbers.Format(parsed, phonenumbers.E164)
	switch {
	case len(e164) > maxE164Plus:
		return "", &NumberError{TooLong}
	case !dialtone.ValidE164(e164):
		return "", &NumberError{impossible(parsed, NotANumber)}
	}
	if problem := impossible(parsed, ""); problem != "" {
		err = &NumberError{problem}
	}
	return dialtone.PhoneNumber(e164), err
}

// impossible returns what the plan has against a number's length; otherwise if it has nothing.
func impossible(number *phonenumbers.PhoneNumber, otherwise Problem) Problem {
	switch phonenumbers.IsPossibleNumberWithReason(number) {
	case phonenumbers.IS_POSSIBLE:
		return otherwise
	case phonenumbers.TOO_LONG:
		return TooLong
	case phonenumbers.TOO_SHORT, phonenumbers.IS_POSSIBLE_LOCAL_ONLY:
		return TooShort
	case phonenumbers.INVALID_COUNTRY_CODE:
		return NeedsCountry
	default:
		return NotANumber
	}
}

func problemOf(err error) Problem {
	switch {
	case errors.Is(err, phonenumbers.ErrInvalidCountryCode):
		return NeedsCountry
	case errors.Is(err, phonenumbers.ErrNumTooLong):
		return TooLong
	case errors.Is(err, phonenumbers.ErrTooShortNSN), errors.Is(err, phonenumbers.ErrTooShortAfterIDD):
		return TooShort
	default:
		return NotANumber
	}
}

// KnownRegion reports whether national numbers of the country, two letters of ISO 3166, can be read.
func KnownRegion(region string) bool {
	return phonenumbers.GetSupportedRegions()[strings.ToUpper(region)]
}
