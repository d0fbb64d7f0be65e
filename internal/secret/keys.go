package secret

import (
	"cmp"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Use says what a data key is for.
type Use string

const (
	UseSeal    Use = "seal"    // seals and keys what is short-lived; a new one takes over on a schedule
	UseSubject Use = "subject" // keys what must never change, pairwise subjects above all; there is one for ever
	// UsePersonal seals numbers, addresses and names of people in the database. When a new one takes over, every row is sealed
	// again; until that is done there are two.
	UsePersonal Use = "personal"
)

// KeySize is the length of a data key's material, in bytes.
const KeySize = 32

// maxIDLength keeps a key's id short, since it stands in everything that is sealed.
const maxIDLength = 32

// carryMargin is how long before its end a key stops carrying on what renews itself; see Carry. It is longer than a
// refresh token may rest, so that none is still in use when its key ends.
const carryMargin = 190 * 24 * time.Hour

// DataKey is one data key in the clear.
type DataKey struct {
	ID       string // up to 32 bytes
	Use      Use
	Material []byte    // KeySize bytes
	Active   time.Time // seals from then on, until a newer key does
	Retired  time.Time // unknown from then on; zero: not decided
}

// String names the key without its material.
func (k DataKey) String() string { return fmt.Sprintf("data key %s (%s)", k.ID, k.Use) }

// Format hides the material for every verb.
func (k DataKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// Keys are the data keys that a node works with. It is safe for concurrent use, and Replace swaps the set as a whole.
// It has no clock: which key is current is decided when the set is made or replaced.
type Keys struct {
	set atomic.Pointer[keySet]
}

type keySet struct {
	sealing map[string]*key // by id, those that are not retired
	current *key            // the newest sealing key that is active
	fixed   *key
	// personal holds the key that seals texts about people, and then the others that rows may be under.
	personal []*key
}

// NewKeys makes the set from the keys that are not retired at now. Error: ErrInvalid if a key is malformed or twice there,
// if none can seal, or if there is not exactly one for subjects.
func NewKeys(keys []DataKey, now time.Time) (*Keys, error) {
	k := new(Keys)
	if err := k.Replace(keys, now); err != nil {
		return nil, err
	}
	return k, nil
}

// Replace puts another set in the place of the present one, which stays if there is an error. Errors: as NewKeys.
func (k *Keys) Replace(keys []DataKey, now time.Time) error {
	set := &keySet{sealing: make(map[string]*key)}
	// Oldest first. Of two with the same time every node takes the same one.
	keys = slices.SortedFunc(slices.Values(keys), func(a, b DataKey) int {
		return cmp.Or(a.Active.Compare(b.Active), cmp.Compare(a.ID, b.ID))
	})
	for _, data := range keys {
		if err := set.add(data, now); err != nil {
			return err
		}
	}
	switch {
	case set.current == nil:
		return fmt.Errorf("data keys: %w: there is none that seals", dialtone.ErrInvalid)
	case set.fixed == nil:
		return fmt.Errorf("data keys: %w: the one for subjects is missing", dialtone.ErrInvalid)
	}
	k.set.Store(set)
	return nil
}

func (s *keySet) add(data DataKey, now time.Time) error {
	if data.ID == "" || len(data.ID) > maxIDLength || len(data.Material) != KeySize {
		return fmt.Errorf("%s: %w: an id has 1 to %d bytes and a key %d", data, dialtone.ErrInvalid, maxIDLength, KeySize)
	}
	if !data.Retired.IsZero() && !now.Before(data.Retired) {
		return nil
	}
	made := &key{
		id:       data.ID,
		material: slices.Clone(data.Material),
		ends:     !data.Retired.IsZero() && data.Retired.Sub(now) < carryMargin,
	}
	switch {
	case data.Use == UseSubject && s.fixed == nil:
		s.fixed = made
	case data.Use == UseSeal && s.sealing[data.ID] == nil:
		s.sealing[data.ID] = made
		// Only a key that is active seals; it opens before, for a node whose clock is ahead of ours. Where none is
		// active yet our clock is wrong, and the oldest, which comes first, is the best there is.
		if s.current == nil || !data.Active.After(now) {
			s.current = made
		}
	case data.Use == UsePersonal && !slices.ContainsFunc(s.personal, func(k *key) bool { return k.id == data.ID }):
		if len(s.personal) == 0 || !data.Active.After(now) {
			s.personal = slices.Insert(s.personal, 0, made)
		} else {
			s.personal = append(s.personal, made)
		}
	default:
		return fmt.Errorf("%s: %w: it is twice there, or its use is unknown", data, dialtone.ErrInvalid)
	}
	return nil
}

// CurrentID returns the id of the key that seals now.
func (k *Keys) CurrentID() string { return k.set.Load().current.id }

// Carry returns the id of the key under which something goes on that was made under keyID and renews itself, as refresh
// tokens do: keyID itself, so that the same renewal twice gives the same result while keys rotate, or the current key's
// when keyID is in the last 190 days before its end, or gone. What renews itself must do so within that time.
func (k *Keys) Carry(keyID string) string {
	set := k.set.Load()
	if key := set.sealing[keyID]; key != nil && !key.ends {
		return keyID
	}
	return set.current.id
}

// key is a data key with the keys that were derived from it so far.
type key struct {
	id       string
	material []byte
	ends     bool                              // see Carry
	derived  atomic.Pointer[map[Label]derived] // never changed, replaced by a larger copy: reading takes no lock
}

// derived is what a data key is for one label.
type derived struct {
	aead cipher.AEAD
	mac  []byte
}

// under returns the derived key of a label. Labels are constants, so that the copies end with the first few requests.
func (k *key) under(label Label) derived {
	for {
		known := k.derived.Load()
		if known != nil {
			if d, ok := (*known)[label]; ok {
				return d
			}
		}
		larger := make(map[Label]derived)
		if known != nil {
			maps.Copy(larger, *known)
		}
		larger[label] = derive(k.material, label)
		k.derived.CompareAndSwap(known, &larger)
	}
}

// derive separates the keys of the uses, and of sealing and keyed hashing within a use (RFC 5869 §3.2).
func derive(material []byte, label Label) derived {
	return derived{
		aead: newAEAD(expand(material, "dialtone seal: "+string(label))),
		mac:  expand(material, "dialtone mac: "+string(label)),
	}
}

// expand needs no extraction step: its input is uniformly random already (RFC 5869 §3.3).
func expand(material []byte, info string) []byte {
	out, err := hkdf.Expand(sha256.New, material, info, KeySize)
	if err != nil {
		panic("secret: 32 bytes are within HKDF's bounds: " + err.Error())
	}
	return out
}

func newAEAD(key []byte) cipher.AEAD {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic("secret: an AEAD key has 32 bytes: " + err.Error())
	}
	return aead
}
