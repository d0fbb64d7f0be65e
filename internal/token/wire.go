package token

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The inside of a token: a version, then its fields in order, each text with its length before it. It is a fifth of the
// size and of the work of JSON, and access tokens are made and opened many thousand times a second.
const wireVersion = 1

// writer appends fields.
type writer []byte

// newWriter begins a token whose texts have about that many bytes together.
func newWriter(size int) writer {
	const timesAndLengths = 64
	return append(make(writer, 0, size+timesAndLengths), wireVersion)
}

func (w *writer) number(n int) { *w = binary.AppendUvarint(*w, uint64(n)) }

func (w *writer) text(s string) {
	w.number(len(s))
	*w = append(*w, s...)
}

func (w *writer) texts(list []string) {
	w.number(len(list))
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) flag(b bool) {
	if b {
		w.number(1)
	} else {
		w.number(0)
	}
}

// time keeps microseconds, as the database does; the zero time is 0.
func (w *writer) time(t time.Time) {
	if t.IsZero() {
		w.number(0)
		return
	}
	*w = binary.AppendUvarint(*w, uint64(t.UnixMicro()))
}

// reader takes the fields out again, in the same order. After the first fault it returns zero values, and end tells.
type reader struct {
	plain []byte
	all   string // the same once more: texts are cut out of it without a copy each
	at    int
	bad   bool
}

func newReader(plain []byte) *reader {
	r := &reader{plain: plain, all: string(plain)}
	if r.number() != wireVersion {
		r.bad = true
	}
	return r
}

func (r *reader) uint() uint64 {
	if r.bad {
		return 0
	}
	n, size := binary.Uvarint(r.plain[r.at:])
	if size <= 0 {
		r.bad = true
		return 0
	}
	r.at += size
	return n
}

// number reads a count or a length; all of them fit into 31 bits.
func (r *reader) number() int {
	n := r.uint()
	if n > math.MaxInt32 {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	return r.take(r.number())
}

// take reads n bytes.
func (r *reader) take(n int) string {
	if r.bad || n > len(r.all)-r.at {
		r.bad = true
		return ""
	}
	s := r.all[r.at : r.at+n]
	r.at += n
	return s
}

func (r *reader) texts() []string {
	n := r.number()
	// Each text takes a byte at least, so that a false count cannot make us reserve much.
	if r.bad || n == 0 || n > len(r.all)-r.at {
		r.bad = r.bad || n != 0
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}

func (r *reader) flag() bool { return r.number() == 1 }

func (r *reader) time() time.Time {
	n := r.uint()
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(n)).UTC()
}

// end reports a fault in any field, or bytes that are left over. Error: ErrInvalid.
func (r *reader) end() error {
	if r.bad || r.at != len(r.all) {
		return fmt.Errorf("token of %d bytes: %w: it has another form", len(r.all), dialtone.ErrInvalid)
	}
	return nil
}
