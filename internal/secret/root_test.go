package secret_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

func TestWrappedKeyNeedsItsRootAndItsName(t *testing.T) {
	t.Parallel()
	root := secret.NewRoot()
	plain := secret.Bytes(secret.KeySize)
	wrapped := root.Wrap("seal/seal-1", plain)

	again, err := secret.ParseRoot(root.Text().Reveal())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := again.Unwrap("seal/seal-1", wrapped); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Unwrap = %x, %v; want %x", got, err, plain)
	}
	if _, err := root.Unwrap("seal/seal-2", wrapped); !errors.Is(err, secret.ErrSeal) {
		t.Errorf("unwrapped under another name: %v", err)
	}
	if _, err := secret.NewRoot().Unwrap("seal/seal-1", wrapped); !errors.Is(err, secret.ErrSeal) {
		t.Errorf("unwrapped under another root key: %v", err)
	}
}

func TestRootKeyIsReadInEveryBase64(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb, 0xff}, secret.KeySize/2) // has both characters in which the alphabets differ
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		root, err := secret.ParseRoot(encoding.EncodeToString(raw))
		if err != nil {
			t.Error(err)
			continue
		}
		if got, want := root.Text().Reveal(), base64.RawURLEncoding.EncodeToString(raw); got != want {
			t.Errorf("Text() = %s, want %s", got, want)
		}
	}
}

func TestMalformedRootKeysAreRefusedWithoutRepeatingThem(t *testing.T) {
	t.Parallel()
	good := secret.NewRoot().Text().Reveal()
	for _, text := range []string{"", "short", good[:42], good + "AAAA", "!" + good[1:], good[:20] + "\n" + good[20:]} {
		_, err := secret.ParseRoot(text)
		if !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("ParseRoot(%q): %v, want ErrInvalid", text, err)
			continue
		}
		if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
}

func TestRootPrintsRedacted(t *testing.T) {
	t.Parallel()
	root := secret.NewRoot()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		for _, value := range []any{root, &root, struct{ Root secret.Root }{root}} {
			if out := fmt.Sprintf(verb, value); strings.Contains(out, root.Text().Reveal()) {
				t.Errorf("%s shows the key: %s", verb, out)
			}
		}
	}
}

func FuzzParseRoot(f *testing.F) {
	f.Add(secret.NewRoot().Text().Reveal())
	f.Add("")
	f.Add("AAAA\n====")
	f.Fuzz(func(t *testing.T, text string) {
		root, err := secret.ParseRoot(text)
		if err != nil {
			return
		}
		again, err := secret.ParseRoot(root.Text().Reveal())
		if err != nil || again.Text() != root.Text() {
			t.Fatalf("ParseRoot(%q) does not read what it writes: %v", text, err)
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	root, err := secret.ParseRoot(strings.Repeat("A", 43))
	if err != nil {
		f.Fatal(err)
	}
	wrapped := root.Wrap("name", []byte("key"))
	f.Add(wrapped)
	f.Add("")
	f.Add(wrapped[:30])
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := root.Unwrap("name", text)
		if err == nil && string(plain) != "key" {
			t.Fatalf("unwrapped %q, which was never wrapped, as %q", text, plain)
		}
		if err != nil && !errors.Is(err, dialtone.ErrInvalid) {
			t.Fatalf("Unwrap(%q): %v", text, err)
		}
	})
}
