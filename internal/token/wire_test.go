package token

import (
	"errors"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// The inside of a token is authenticated, so a malformed one can only come from another release. It must be refused all the
// same, without a panic and without reserving memory that it does not have.
func FuzzReader(f *testing.F) {
	w := newWriter(16)
	w.text("id")
	w.texts([]string{"a", "b"})
	w.flag(true)
	f.Add([]byte(w))
	f.Add([]byte{})
	f.Add([]byte{wireVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{wireVersion, 0, 0xff, 0xff, 0xff, 0x07})
	f.Fuzz(func(t *testing.T, plain []byte) {
		r := newReader(plain)
		text, list, flag, at := r.text(), r.texts(), r.flag(), r.time()
		size := len(text)
		for _, s := range list {
			size += len(s)
		}
		if size > len(plain) {
			t.Fatalf("read %d bytes of text out of %d", size, len(plain))
		}
		if err := r.end(); err != nil && !errors.Is(err, dialtone.ErrInvalid) {
			t.Fatalf("end: %v", err)
		}
		_, _ = flag, at
	})
}

func TestReaderRefusesOtherForms(t *testing.T) {
	t.Parallel()
	w := newWriter(16)
	w.text("id")
	w.texts([]string{"a", "b"})
	read := func(plain []byte) error {
		r := newReader(plain)
		r.text()
		r.texts()
		return r.end()
	}
	if err := read(w); err != nil {
		t.Fatalf("the right form: %v", err)
	}
	if err := read(append(w[:len(w):len(w)], 0)); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("a byte too many: %v", err)
	}
	for end := range len(w) {
		if err := read(w[:end]); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("only %d of %d bytes: %v", end, len(w), err)
		}
	}
	other := append(writer{wireVersion + 1}, w[1:]...)
	if err := read(other); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("another version: %v", err)
	}
}
