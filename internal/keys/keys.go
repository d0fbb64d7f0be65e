// Package keys makes the keys that the server works with, keeps them wrapped under the root key in the database, and
// gives every node the same ones.
//
// It owns when a key is made, used and dropped. It refuses to use keys: package secret seals and package token signs.
//
//	                 made ──── wait ───▶ active ──── until a newer one is ───▶ superseded ──── kept ───▶ retired
//	data keys        every 30 days       10 minutes later                      400 days
//	personal keys    every year          10 minutes later                      until every row is sealed again
//	signing keys     every 90 days       24 hours later, published before      31 days, still published
//
// A key waits before it makes anything, so that by then every node has read it and every client has seen it published.
// A key's id is what it is for and a running number. So two nodes that make the next key at the same time make the same row,
// the database takes one of them, and both read that one. A key of a node whose clock was years ahead is taken as made when
// that is noticed.
package keys

import (
	"cmp"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

// Store keeps the wrapped keys.
type Store interface {
	DataKeys(ctx context.Context) ([]dialtone.KeyRow, error)
	// InsertDataKey fails with ErrConflict if there is a key with that id.
	InsertDataKey(ctx context.Context, row dialtone.KeyRow) error
	SigningKeys(ctx context.Context) ([]dialtone.KeyRow, error)
	// InsertSigningKey fails with ErrConflict if there is a key with that id.
	InsertSigningKey(ctx context.Context, row dialtone.KeyRow) error
	// RetireKey sets when a data key or signing key retires.
	RetireKey(ctx context.Context, id string, at time.Time) error
	// RescheduleKey replaces both times of a key that is said to have been made at was; ErrNotFound if it is not.
	RescheduleKey(ctx context.Context, id string, was, created, active time.Time) error
}

// Schedule says how long a key lives and when the next one is made.
type Schedule struct {
	DataEvery     time.Duration
	DataWait      time.Duration // from made to active; longer than nodes need to reload
	DataKept      time.Duration // from superseded to retired; longer than anything sealed or keyed is good for
	PersonalEvery time.Duration // that seal what the database keeps about people; their wait is DataWait
	SigningEvery  time.Duration
	SigningWait   time.Duration // from published to active; longer than anybody caches the published keys
	SigningKept   time.Duration // from superseded to no longer published
}

// DefaultSchedule suits everybody who has no rule of their own.
var DefaultSchedule = Schedule{
	DataEvery:     30 * 24 * time.Hour,
	DataWait:      10 * time.Minute,
	DataKept:      400 * 24 * time.Hour, // a refresh token may rest for 180 days; see secret.Keys.Carry
	PersonalEvery: 365 * 24 * time.Hour,
	SigningEvery:  90 * 24 * time.Hour,
	SigningWait:   24 * time.Hour,
	// An ID token comes back as id_token_hint as long as its session lives, 30 days, though it expired long before.
	SigningKept: 31 * 24 * time.Hour,
}

// Kind says which keys are meant.
type Kind string

const (
	KindData     Kind = "data"     // seal tokens and state
	KindSigning  Kind = "signing"  // sign ID tokens
	KindPersonal Kind = "personal" // seal numbers, addresses and names in the database
)

// Key is what may be told of a key.
type Key struct {
	ID        string
	Use       string // seal, subject, personal or sign
	Algorithm string // of a signing key
	Created   time.Time
	Active    time.Time
	Retired   time.Time // zero: not decided
}

const useSign = "sign"

// Keyring holds the keys of a node. It is safe for concurrent use.
type Keyring struct {
	store    Store
	root     secret.Root
	schedule Schedule
	secrets  *secret.Keys
	signing  *token.SigningKeys

	mu   sync.Mutex // one reload at a time, so that an older reading cannot replace a newer one
	list []Key
}

// Open makes the first keys if there are none, which are active at once, and loads all. Errors: those of the store, and
// ErrInvalid if the root key is not the one under which the keys were wrapped.
func Open(ctx context.Context, store Store, root secret.Root, schedule Schedule, now time.Time) (*Keyring, error) {
	k := &Keyring{store: store, root: root, schedule: schedule}
	if err := k.fits(ctx); err != nil {
		return nil, err
	}
	if err := k.makeFirst(ctx, now); err != nil {
		return nil, fmt.Errorf("make the first keys: %w", err)
	}
	if err := k.Reload(ctx, now); err != nil {
		return nil, err
	}
	return k, nil
}

// fits makes sure that the keys in the database are under the root key, before one is made: a key that a mistaken root key wraps
// would lock out whoever comes with the right one.
func (k *Keyring) fits(ctx context.Context) error {
	rows, err := k.read(ctx)
	if err != nil {
		return err
	}
	for _, row := range slices.Concat(rows.data, rows.signing) {
		if _, err := k.unwrap(row); err != nil {
			return err
		}
	}
	return nil
}

// Secret returns the data keys. The pointer stays the same for ever; rotations happen behind it.
func (k *Keyring) Secret() *secret.Keys { return k.secrets }

// Signing returns the signing keys. The pointer stays the same for ever; rotations happen behind it.
func (k *Keyring) Signing() *token.SigningKeys { return k.signing }

// List returns the keys as they were last read: data keys first, the oldest of each use or algorithm first.
func (k *Keyring) List() []Key {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.list)
}

// Reload reads the keys again, so that this node works with what others made. If it fails, the keys stay as they were.
func (k *Keyring) Reload(ctx context.Context, now time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	rows, err := k.read(ctx)
	if err != nil {
		return err
	}
	data, err := k.unwrapData(rows.data)
	if err != nil {
		return err
	}
	signing, err := k.unwrapSigning(rows.signing)
	if err != nil {
		return err
	}
	if err := k.put(data, signing, now); err != nil {
		return fmt.Errorf("load keys: %w", err)
	}
	k.list = nil
	for _, row := range slices.Concat(rows.data, rows.signing) {
		k.list = append(k.list, Key{
			ID: row.ID, Use: cmp.Or(row.Use, useSign), Algorithm: row.Algorithm,
			Created: row.Created, Active: row.Active, Retired: row.Retired,
		})
	}
	return nil
}

// put fills the two sets, or makes them the first time.
func (k *Keyring) put(data []secret.DataKey, signing []token.SigningKey, now time.Time) (err error) {
	if k.secrets == nil {
		if k.secrets, err = secret.NewKeys(data, now); err != nil {
			return err
		}
		k.signing, err = token.NewSigningKeys(signing, now)
		return err
	}
	return errors.Join(k.secrets.Replace(data, now), k.signing.Replace(signing, now))
}

// rows are all keys as the database holds them, each list by use or algorithm and then by number.
type rows struct{ data, signing []dialtone.KeyRow }

func (k *Keyring) read(ctx context.Context) (rows, error) {
	data, err := k.store.DataKeys(ctx)
	if err != nil {
		return rows{}, fmt.Errorf("read data keys: %w", err)
	}
	signing, err := k.store.SigningKeys(ctx)
	if err != nil {
		return rows{}, fmt.Errorf("read signing keys: %w", err)
	}
	byNumber := func(a, b dialtone.KeyRow) int {
		return cmp.Or(cmp.Compare(series(a), series(b)), cmp.Compare(number(a), number(b)))
	}
	slices.SortFunc(data, byNumber)
	slices.SortFunc(signing, byNumber)
	return rows{data, signing}, nil
}

func (k *Keyring) unwrapData(rows []dialtone.KeyRow) ([]secret.DataKey, error) {
	keys := make([]secret.DataKey, 0, len(rows))
	for _, row := range rows {
		material, err := k.unwrap(row)
		if err != nil {
			return nil, err
		}
		keys = append(keys, secret.DataKey{
			ID: row.ID, Use: secret.Use(row.Use), Material: material, Active: row.Active, Retired: row.Retired,
		})
	}
	return keys, nil
}

func (k *Keyring) unwrapSigning(rows []dialtone.KeyRow) ([]token.SigningKey, error) {
	keys := make([]token.SigningKey, 0, len(rows))
	for _, row := range rows {
		der, err := k.unwrap(row)
		if err != nil {
			return nil, err
		}
		parsed, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, fmt.Errorf("signing key %s: %w: %w", row.ID, dialtone.ErrInvalid, err)
		}
		private, ok := parsed.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("signing key %s: %w: it cannot sign", row.ID, dialtone.ErrInvalid)
		}
		keys = append(keys, token.SigningKey{Algorithm: row.Algorithm, Private: private, Active: row.Active, Retired: row.Retired})
	}
	return keys, nil
}

func (k *Keyring) unwrap(row dialtone.KeyRow) ([]byte, error) {
	plain, err := k.root.Unwrap(wrapName(row), row.Wrapped)
	if err != nil {
		return nil, fmt.Errorf("key %s is under another root key, or damaged: %w", row.ID, err)
	}
	return plain, nil
}

// wrapName ties the wrapped key to its row, so that whoever can write to the database cannot make a key that leaked
// once stand in for another.
func wrapName(row dialtone.KeyRow) string { return series(row) + "/" + row.ID }

// series is what a key's id begins with: the use of a data key, the algorithm of a signing key in lower case.
func series(row dialtone.KeyRow) string {
	if row.Algorithm != "" {
		return strings.ToLower(row.Algorithm)
	}
	return row.Use
}

// number is what a key's id ends with.
func number(row dialtone.KeyRow) int {
	n, _ := strconv.Atoi(row.ID[strings.LastIndexByte(row.ID, '-')+1:])
	return n
}
