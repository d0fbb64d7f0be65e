package written

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// What a YAML reader takes for something else than text when it stands without quotes: YAML 1.2.2 §10.3.2, and YAML 1.1's
// underscores, binary and base 60 numbers and times, which many tools still read.
var (
	nullPattern   = regexp.MustCompile(`^(~|null|Null|NULL|)$`)
	boolPattern   = regexp.MustCompile(`^(true|True|TRUE|false|False|FALSE)$`)
	numberPattern = regexp.MustCompile(`^[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*(:[0-5]?[0-9])*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9_]+([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|^\.(nan|NaN|NAN)$`)
	timePattern   = regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?$`)

	integerPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	decimalPattern = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

// Null reports whether the value is null, ~ or nothing at all.
func (v *Value) Null() bool { return v.kind == plain && nullPattern.MatchString(v.text) }

// Empty reports whether the value says that there is nothing: null or an empty list.
func (v *Value) Empty() bool { return v.Null() || v.kind == list && len(v.list) == 0 }

// reading is what a plain scalar is to a YAML reader, if not text.
func (v *Value) reading() string {
	switch {
	case v.kind != plain:
		return ""
	case nullPattern.MatchString(v.text):
		return "nothing"
	case boolPattern.MatchString(v.text):
		return "true or false"
	case timePattern.MatchString(v.text):
		return "a date"
	case numberPattern.MatchString(v.text):
		return "a number"
	}
	return ""
}

// Text returns a text. Without quotes it must be one for every YAML reader.
func (v *Value) Text() (string, error) { return v.words(strconv.Quote(v.text)) }

// Hidden is Text for what no error may repeat: a secret, a phone number.
func (v *Value) Hidden() (string, error) { return v.words(`"…"`) }

func (v *Value) words(shown string) (string, error) {
	if err := v.single("a text"); err != nil {
		return "", err
	}
	if as := v.reading(); as != "" && !v.Null() {
		return "", v.Fault("without quotes this is %s: write %s", as, v.named(shown))
	}
	if v.Null() {
		return "", v.Fault("%s has no value: write one in quotes, or take the line away", v.called())
	}
	if i := strings.IndexFunc(v.text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }); i >= 0 {
		return "", v.Fault("%s has a control character (%U): take it away", v.called(), []rune(v.text[i:])[0])
	}
	return v.text, nil
}

// Int returns a whole number.
func (v *Value) Int() (int, error) {
	if err := v.single("a whole number"); err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(v.text)
	if !integerPattern.MatchString(v.text) || err != nil {
		return 0, v.Fault("%s is a whole number: write it in digits alone, as %s", v.called(), v.named("10"))
	}
	return n, nil
}

// Decimal returns the digits of a decimal number: "0.045".
func (v *Value) Decimal() (string, error) {
	if err := v.single("a number"); err != nil {
		return "", err
	}
	if !decimalPattern.MatchString(v.text) {
		return "", v.Fault("%s is a decimal number: write it as %s", v.called(), v.named("0.045"))
	}
	return v.text, nil
}

// Bool returns true or false. Yes, no, on and off are words to some YAML readers and not to others.
func (v *Value) Bool() (bool, error) {
	if err := v.single("true or false"); err != nil {
		return false, err
	}
	if !boolPattern.MatchString(v.text) {
		return false, v.Fault("%s is true or false: write %s or %s", v.called(), v.named("true"), v.named("false"))
	}
	return strings.EqualFold(v.text, "true"), nil
}

// Duration returns a length of time, which needs its unit.
func (v *Value) Duration() (time.Duration, error) {
	if err := v.single("a length of time"); err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(v.text)
	switch {
	case err != nil && integerPattern.MatchString(v.text), err == nil && v.text == "0":
		return 0, v.Fault("%s needs a unit: write %s for seconds, or m or h", v.called(), v.named(v.text+"s"))
	case err != nil:
		return 0, v.Fault("%s is a length of time: write it as %s, 5m or 1h30m", v.called(), v.named("15s"))
	}
	return d, nil
}

// single says that a list or a mapping is none of what is wanted.
func (v *Value) single(wanted string) error {
	switch v.kind {
	case list:
		return v.Fault("%s is %s, not a list", v.called(), wanted)
	case mapping:
		return v.Fault("%s is %s, not a mapping of keys", v.called(), wanted)
	}
	return nil
}

// List returns the values of a list.
func (v *Value) List() ([]*Value, error) {
	if v.kind != list {
		return nil, v.Fault("%s is a list: write %s", v.called(), v.named("[…]")+", or each value on a line of its own after \"- \"")
	}
	return v.list, nil
}

// Fields returns the keys and values of a mapping.
func (v *Value) Fields() ([]Field, error) {
	if v.kind != mapping {
		return nil, v.Fault("%s is a mapping: write keys, each with a colon and a value", v.called())
	}
	return v.fields, nil
}

// Scalar returns a single value as it was written, and whether it is one.
func (v *Value) Scalar() (string, bool) { return v.text, v.kind == plain || v.kind == quoted }

// Items returns the values of a list, and whether it is one.
func (v *Value) Items() ([]*Value, bool) { return v.list, v.kind == list }

func (v *Value) called() string {
	if v.Name == "" {
		return "this"
	}
	return v.Name
}

func (v *Value) named(value string) string {
	if v.Name == "" {
		return value
	}
	return fmt.Sprintf("%s: %s", v.Name, value)
}
