package secret

import (
	"bytes"
	"strings"
)

// What the database keeps about people for years is sealed so that the same text is always the same under one key: the row is
// found by it, and a unique index holds. The nonce is the keyed hash of the text, so nothing but equality can be told (a
// deterministic AEAD in the sense of Rogaway and Shrimpton, "The SIV Mode of Operation"); the length is rounded up.
//
//	"~" | the form that Seal has, in base64url
const (
	personalMark  = "~"
	personalBlock = 16   // bytes that lengths are rounded up to
	personalEnd   = 0x80 // ends the text within its last block; zeros follow (ISO/IEC 7816-4 padding)
)

// SealPersonal seals a text about a person under the current key for such texts. The same text gives the same result until the
// key rotates; the empty text stays empty. It panics in a set
// without such a key, which only a test has.
func (k *Keys) SealPersonal(label Label, text string) string {
	return k.set.Load().personal[0].sealPersonal(label, text)
}

// SealedBefore is SealPersonal under the other key that rows may still be under while one takes over from another; empty when
// there is only one.
func (k *Keys) SealedBefore(label Label, text string) string {
	if set := k.set.Load(); len(set.personal) > 1 {
		return set.personal[1].sealPersonal(label, text)
	}
	return ""
}

func (k *key) sealPersonal(label Label, text string) string {
	if text == "" {
		return ""
	}
	padded := make([]byte, (len(text)/personalBlock+1)*personalBlock)
	copy(padded, text)
	padded[len(text)] = personalEnd
	return personalMark + string(k.appendSealed(nil, label, k.sum(label, []string{text})[:nonceSize], padded))
}

// OpenPersonal returns what SealPersonal sealed under the same label, by whichever key that is not retired. Error: ErrSeal.
func (k *Keys) OpenPersonal(label Label, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	sealed, ok := strings.CutPrefix(sealed, personalMark)
	if !ok {
		return "", ErrSeal
	}
	padded, err := open(label, sealed, func(id []byte) *key {
		for _, key := range k.set.Load().personal {
			if key.id == string(id) {
				return key
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	text := bytes.TrimRight(padded, "\x00")
	if len(text) == 0 || text[len(text)-1] != personalEnd {
		return "", ErrSeal
	}
	return string(text[:len(text)-1]), nil
}

// PersonalID returns the id of the key that seals texts about people now.
func (k *Keys) PersonalID() string { return k.set.Load().personal[0].id }
