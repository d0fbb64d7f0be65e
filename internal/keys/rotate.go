package keys

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

// makeFirst makes whatever there has never been: on the very first start everything, later an algorithm that came new.
func (k *Keyring) makeFirst(ctx context.Context, now time.Time) error {
	have, err := k.read(ctx)
	if err != nil {
		return err
	}
	// A wrong root key is found here, before it wraps anything.
	if _, err := k.unwrapData(have.data); err != nil {
		return err
	}
	if !slices.ContainsFunc(have.data, uses(secret.UseSubject)) {
		// The key for subjects is made before the first that seals. Where only the latter is left it was lost, and a
		// new one would make every subscriber a stranger to every client.
		if slices.ContainsFunc(have.data, uses(secret.UseSeal)) {
			return fmt.Errorf("%w: the key for subjects is gone from the database; restore it from a backup", dialtone.ErrInvalid)
		}
		if err := unlessThere(k.makeData(ctx, secret.UseSubject, 1, now, now)); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(have.data, uses(secret.UseSeal)) {
		if err := unlessThere(k.makeData(ctx, secret.UseSeal, 1, now, now)); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(have.data, uses(secret.UsePersonal)) {
		if err := unlessThere(k.makeData(ctx, secret.UsePersonal, 1, now, now)); err != nil {
			return err
		}
	}
	for _, algorithm := range dialtone.IDTokenAlgorithms {
		if slices.ContainsFunc(have.signing, signs(algorithm)) {
			continue
		}
		if err := unlessThere(k.makeSigning(ctx, algorithm, 1, now, now)); err != nil {
			return err
		}
	}
	return nil
}

// makeData makes one data key. Error: ErrConflict if another node made the same one meanwhile.
func (k *Keyring) makeData(ctx context.Context, use secret.Use, number int, now, active time.Time) error {
	row := dialtone.KeyRow{ID: fmt.Sprintf("%s-%d", use, number), Use: string(use), Created: now, Active: active}
	row.Wrapped = k.root.Wrap(wrapName(row), secret.Bytes(secret.KeySize))
	return k.store.InsertDataKey(ctx, row)
}

// makeSigning makes one signing key. Error: ErrConflict if another node made the same one meanwhile.
func (k *Keyring) makeSigning(ctx context.Context, algorithm string, number int, now, active time.Time) error {
	private, err := token.GenerateSigningKey(algorithm)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encode signing key: %w", err)
	}
	public, err := token.SigningKey{Algorithm: algorithm, Private: private}.PublicJWK()
	if err != nil {
		return err
	}
	row := dialtone.KeyRow{
		ID:        fmt.Sprintf("%s-%d", strings.ToLower(algorithm), number),
		Use:       useSign,
		Algorithm: algorithm,
		Public:    string(public),
		Created:   now,
		Active:    active,
	}
	row.Wrapped = k.root.Wrap(wrapName(row), der)
	return k.store.InsertSigningKey(ctx, row)
}

// unlessThere drops ErrConflict: a key that another node made is as good as ours.
func unlessThere(err error) error {
	if errors.Is(err, dialtone.ErrConflict) {
		return nil
	}
	return err
}

// RotateIfDue makes the next key of each sort whose newest is old enough, decides when superseded ones retire, and
// reloads. Any number of nodes may do so at the same time.
func (k *Keyring) RotateIfDue(ctx context.Context, now time.Time) error {
	if err := k.bringBack(ctx, now); err != nil {
		return err
	}
	return k.rotate(ctx, now, func(newest dialtone.KeyRow) bool {
		return now.Sub(newest.Created) >= k.every(newest) && (kindOf(newest) != KindPersonal || k.Settled(now))
	})
}

// Rotate makes the next key of that kind ahead of the schedule. It becomes active after the usual wait, and nothing that
// is in use is lost. Error: ErrConflict if rows are still being sealed again under the last one of KindPersonal.
func (k *Keyring) Rotate(ctx context.Context, now time.Time, kind Kind) error {
	if err := k.checkSettled(now, kind); err != nil {
		return err
	}
	return k.rotate(ctx, now, func(newest dialtone.KeyRow) bool { return kindOf(newest) == kind })
}

func (k *Keyring) rotate(ctx context.Context, now time.Time, due func(newest dialtone.KeyRow) bool) error {
	have, err := k.read(ctx)
	if err != nil {
		return err
	}
	for _, newest := range have.newest() {
		if !due(newest) {
			continue
		}
		if err := unlessThere(k.makeNext(ctx, newest, now, now.Add(k.wait(newest)))); err != nil {
			return fmt.Errorf("make the key after %s: %w", newest.ID, err)
		}
	}
	if err := k.retireSuperseded(ctx, now); err != nil {
		return err
	}
	return k.Reload(ctx, now)
}

// bringBack gives keys of a node whose clock was far ahead the times that they had if they were made now. Else they would be
// neither active nor followed by others until that day.
func (k *Keyring) bringBack(ctx context.Context, now time.Time) error {
	have, err := k.read(ctx)
	if err != nil {
		return err
	}
	for i, row := range have.rotating() {
		if !dialtone.FromTheFuture(row.Created, now) {
			continue
		}
		inOrder := time.Duration(i) * time.Microsecond // the newest of several is the last to become active
		err := k.store.RescheduleKey(ctx, row.ID, row.Created, now, now.Add(k.wait(row)+inOrder))
		if err != nil && !errors.Is(err, dialtone.ErrNotFound) { // which another node was faster with
			return fmt.Errorf("bring key %s back from the future: %w", row.ID, err)
		}
	}
	return nil
}

// RotateAtOnce is for keys that leaked: new keys of that kind take over now, and the others are neither used nor accepted
// any more, so what was made under them is void: codes, access and refresh tokens with KindData, ID tokens with
// KindSigning. Other nodes follow when they reload. The key for subjects stays, since it cannot change. The old key of
// KindPersonal opens what is under it until every row is sealed again. Errors: ErrConflict if another node made a key at the
// same moment, which is not active yet, or as Rotate; try again.
func (k *Keyring) RotateAtOnce(ctx context.Context, now time.Time, kind Kind) error {
	if err := k.checkSettled(now, kind); err != nil {
		return err
	}
	before, err := k.read(ctx)
	if err != nil {
		return err
	}
	for _, newest := range before.newest() {
		if kindOf(newest) != kind {
			continue
		}
		if err := k.makeNext(ctx, newest, now, now); err != nil {
			return fmt.Errorf("make the key after %s: %w", newest.ID, err)
		}
	}
	for _, old := range before.rotating() {
		if kindOf(old) != kind || kind == KindPersonal || (!old.Retired.IsZero() && !old.Retired.After(now)) {
			continue
		}
		if err := k.store.RetireKey(ctx, old.ID, now); err != nil {
			return fmt.Errorf("retire key %s: %w", old.ID, err)
		}
	}
	return k.Reload(ctx, now)
}

// makeNext makes the key after the newest of a series.
func (k *Keyring) makeNext(ctx context.Context, newest dialtone.KeyRow, now, active time.Time) error {
	if kindOf(newest) == KindSigning {
		return k.makeSigning(ctx, newest.Algorithm, number(newest)+1, now, active)
	}
	return k.makeData(ctx, secret.Use(newest.Use), number(newest)+1, now, active)
}

// retireSuperseded decides the end of each key that has a successor. It is a step of its own, over all keys, so that it
// makes up for a node that stopped between making a key and this, and for one whose clock was far ahead.
func (k *Keyring) retireSuperseded(ctx context.Context, now time.Time) error {
	have, err := k.read(ctx)
	if err != nil {
		return err
	}
	all := have.rotating()
	for i, row := range all {
		if i+1 == len(all) || series(all[i+1]) != series(row) || kindOf(row) == KindPersonal {
			continue
		}
		end := all[i+1].Active.Add(k.kept(row))
		// No end that a right clock decided is further off than that of a key that is superseded only now.
		if !row.Retired.IsZero() && !dialtone.FromTheFuture(row.Retired, now.Add(k.wait(row)+k.kept(row))) {
			continue
		}
		if err := k.store.RetireKey(ctx, row.ID, end); err != nil {
			return fmt.Errorf("retire key %s: %w", row.ID, err)
		}
	}
	return nil
}

// rotating returns every key but the one for subjects, each series together and its newest last.
func (r rows) rotating() []dialtone.KeyRow {
	return slices.Concat(slices.DeleteFunc(slices.Clone(r.data), uses(secret.UseSubject)), r.signing)
}

// newest returns the last key of each series.
func (r rows) newest() []dialtone.KeyRow {
	var last []dialtone.KeyRow
	for _, row := range r.rotating() {
		if n := len(last); n > 0 && series(last[n-1]) == series(row) {
			last[n-1] = row
			continue
		}
		last = append(last, row)
	}
	return last
}

func uses(use secret.Use) func(dialtone.KeyRow) bool {
	return func(row dialtone.KeyRow) bool { return row.Use == string(use) }
}

func signs(algorithm string) func(dialtone.KeyRow) bool {
	return func(row dialtone.KeyRow) bool { return row.Algorithm == algorithm }
}

func kindOf(row dialtone.KeyRow) Kind {
	switch {
	case row.Algorithm != "":
		return KindSigning
	case row.Use == string(secret.UsePersonal):
		return KindPersonal
	}
	return KindData
}

func (k *Keyring) every(row dialtone.KeyRow) time.Duration {
	switch kindOf(row) {
	case KindSigning:
		return k.schedule.SigningEvery
	case KindPersonal:
		return k.schedule.PersonalEvery
	}
	return k.schedule.DataEvery
}

func (k *Keyring) wait(row dialtone.KeyRow) time.Duration {
	if kindOf(row) == KindSigning {
		return k.schedule.SigningWait
	}
	return k.schedule.DataWait
}

func (k *Keyring) kept(row dialtone.KeyRow) time.Duration {
	if kindOf(row) == KindSigning {
		return k.schedule.SigningKept
	}
	return k.schedule.DataKept
}
