package legible

import (
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNot is what reading a body fails with when it is not text.
var ErrNot = errors.New("not text: a NUL or broken UTF-8")

// Body returns a body that fails with ErrNot where it stops being text: as a form if it says that it is one
// (application/x-www-form-urlencoded), else as JSON, whatever it says. Pictures, bodies in parts and those that are encoded come
// back as they are: whoever takes them knows what is in them. It holds nothing back and keeps nothing.
func Body(body io.ReadCloser, contentType, encoding string) io.ReadCloser {
	mediaType, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	mediaType = strings.TrimSpace(mediaType)
	switch {
	case encoding != "", strings.HasPrefix(mediaType, "multipart/"), strings.HasPrefix(mediaType, "image/"), mediaType == "application/octet-stream":
		return body
	case mediaType == "application/x-www-form-urlencoded":
		return &reader{ReadCloser: body, check: &form{}}
	}
	return &reader{ReadCloser: body, check: &document{}}
}

// checker looks at a text byte by byte.
type checker interface {
	take(b byte) bool // whether it is text so far
	whole() bool      // whether it may end here
}

type reader struct {
	io.ReadCloser
	check checker
	fault error
}

func (r *reader) Read(into []byte) (int, error) {
	if r.fault != nil {
		return 0, r.fault
	}
	n, err := r.ReadCloser.Read(into)
	for i, b := range into[:n] {
		if !r.check.take(b) {
			r.fault = ErrNot
			return i, r.fault
		}
	}
	if errors.Is(err, io.EOF) && !r.check.whole() {
		r.fault = ErrNot
		return n, r.fault
	}
	return n, err
}

// letters is UTF-8 as it comes.
type letters struct {
	begun [utf8.UTFMax]byte
	n     int // bytes of a letter that is not whole
}

func (l *letters) take(b byte) bool {
	if l.n == 0 && b < utf8.RuneSelf {
		return b != 0
	}
	l.begun[l.n] = b
	l.n++
	if !utf8.FullRune(l.begun[:l.n]) {
		return true
	}
	letter, size := utf8.DecodeRune(l.begun[:l.n])
	whole := size == l.n
	l.n = 0
	return whole && (letter != utf8.RuneError || size > 1)
}

func (l *letters) whole() bool { return l.n == 0 }

// form is application/x-www-form-urlencoded: the letters are looked at after their escapes are undone. The signs between
// fields are ASCII, so a letter that was cut off before one is found, too.
type form struct {
	letters letters
	high    int  // the first digit of an escape
	escape  byte // how many characters of an escape were read
}

func (f *form) take(b byte) bool {
	switch f.escape {
	case 0:
		if b == '%' {
			f.escape = 1
			return true
		}
		return f.letters.take(b)
	case 1:
		f.escape = 0
		if f.high = digit(b); f.high >= 0 {
			f.escape = 2
			return true
		}
		return f.letters.take('%') && f.take(b)
	default:
		f.escape = 0
		if low := digit(b); low >= 0 {
			return f.letters.take(byte(f.high<<4 | low))
		}
		return f.letters.take('%') && f.take(b)
	}
}

func (f *form) whole() bool { return f.letters.whole() }

// document is JSON (RFC 8259 §7). A backslash stands in strings only, so nothing else of its grammar must be known.
type document struct {
	letters letters
	escape  int  // characters of an escape: 1 after the backslash, 2 to 5 its u and digits
	unit    rune // the escape's UTF-16 unit so far
	half    rune // a high surrogate, which its other half must follow
}

func (d *document) take(b byte) bool {
	if !d.letters.take(b) {
		return false
	}
	switch {
	case d.escape == 0 && b == '\\':
		d.escape = 1
		return true
	case d.escape == 0:
		return d.half == 0
	case d.escape == 1 && b == 'u':
		d.escape, d.unit = 2, 0
		return true
	case d.escape == 1:
		d.escape = 0
		return d.half == 0
	}
	value := digit(b)
	if value < 0 {
		d.escape = 0
		return true // no JSON: its parser says so
	}
	d.unit = d.unit<<4 | rune(value)
	if d.escape++; d.escape < 6 {
		return true
	}
	d.escape = 0
	return d.takeUnit()
}

// takeUnit looks at one \uXXXX.
func (d *document) takeUnit() bool {
	switch half := d.half; {
	case half != 0:
		d.half = 0
		return utf16.DecodeRune(half, d.unit) != utf8.RuneError
	case d.unit == 0:
		return false
	case utf16.IsSurrogate(d.unit):
		d.half = d.unit
		return d.unit < 0xDC00 // the first half of two
	}
	return true
}

func (d *document) whole() bool { return d.letters.whole() && d.half == 0 }

// digit is the value of a hexadecimal digit; -1: it is none.
func digit(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}
