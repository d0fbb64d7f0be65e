package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// MAC returns the keyed hash of the parts under the current key, 32 bytes. For one that must be computed again after a
// rotation, take CurrentID first, use MACWith for both, and keep the id.
func (k *Keys) MAC(label Label, parts ...string) []byte {
	return k.set.Load().current.sum(label, parts)
}

// MACWith is MAC under the key with that id; false if the key is unknown or retired.
func (k *Keys) MACWith(keyID string, label Label, parts ...string) ([]byte, bool) {
	key := k.set.Load().sealing[keyID]
	if key == nil {
		return nil, false
	}
	return key.sum(label, parts), true
}

// Fixed is MAC under the key that never changes: for pairwise subjects and for the names of budgets.
func (k *Keys) Fixed(label Label, parts ...string) []byte {
	return k.set.Load().fixed.sum(label, parts)
}

// sum puts each part's length before it, so that no two lists of parts hash alike.
func (k *key) sum(label Label, parts []string) []byte {
	size := 0
	for _, part := range parts {
		size += 8 + len(part)
	}
	message := make([]byte, 0, size)
	for _, part := range parts {
		message = binary.BigEndian.AppendUint64(message, uint64(len(part)))
		message = append(message, part...)
	}
	mac := hmac.New(sha256.New, k.under(label).mac)
	mac.Write(message)
	return mac.Sum(nil)
}
