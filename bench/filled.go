package main

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
	"github.com/dialtone-id/dialtone/internal/token"
)

// parseSize reads a number of lines: 5000, 100k, 10m.
func parseSize(text string) (int, error) {
	digits, unit := text, 1
	for suffix, thousand := range map[string]int{"k": 1000, "m": 1_000_000} {
		if before, ok := strings.CutSuffix(text, suffix); ok {
			digits, unit = before, thousand
		}
	}
	n, err := strconv.Atoi(digits)
	const most = 100_000_000
	if err != nil || n < 1 || n > most/unit || n*unit < smallSize {
		return 0, fmt.Errorf("%q is no size from %d to %dm, as 100k, 1m or 10m", text, smallSize, most/1_000_000)
	}
	return n * unit, nil
}

// filling makes the rows of a database: a line, its session, its consent to product-0 and a grant for each number from 0. Ids
// and secrets follow from the number, have the length of the server's, and lie as scattered as random ones.
type filling struct {
	size   int
	now    time.Time
	keys   *secret.Keys
	minter *token.Minter
	wanted map[int]*identity // whose tokens are kept
}

// identity is what the person or client of one row holds.
type identity struct {
	access  []string // one
	refresh string
	cookies []cookie
}

// scattered is 32 bytes for a row.
func scattered(kind string, n int) [32]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64([]byte(kind), uint64(n)))
}

var idLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func rowID(kind string, n int) string {
	sum := scattered(kind, n)
	return kind + "_" + idLetters.EncodeToString(sum[:16])
}

func sessionSecret(n int) string {
	sum := scattered("session secret", n)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

const filledAMR = "otp sms"

func (f *filling) subscription(n int) []any {
	number := fmt.Sprintf("+4699%09d", n)
	return []any{rowID("sub", n), directory.SandboxOperatorID, f.keys.SealPersonal(secret.LabelStoredNumber, number), "active", "en", "", f.now.UnixMicro()}
}

func (f *filling) session(n int) []any {
	return []any{rowID("ses", n), secret.Hash(sessionSecret(n)), directory.SandboxOperatorID, rowID("sub", n), filledAMR,
		f.now.UnixMicro(), f.now.UnixMicro(), f.now.AddDate(0, 0, 30).UnixMicro()}
}

func (f *filling) consent(n int) []any {
	return []any{rowID("co", n), directory.SandboxOperatorID, rowID("sub", n), "product-0", scopesOpenID, "", int64(1), "en", f.now.UnixMicro()}
}

// grant also makes the tokens of those that are wanted. The hash of others has the same length and no token.
func (f *filling) grant(n int) []any {
	id := rowID("gr", n)
	hash := secret.Hash(id)
	if who := f.wanted[n]; who != nil {
		who.refresh, hash = f.minter.NewRefresh(id)
		who.access = []string{f.minter.Access(token.Access{
			ID: rowID("at", n), GrantID: id, ClientID: clientID(0), ProductID: "product-0", OperatorID: directory.SandboxOperatorID,
			SubscriptionID: rowID("sub", n), SessionID: rowID("ses", n), Scopes: strings.Fields(scopesPlain), Issued: f.now, Expires: f.now.Add(12 * time.Hour),
		})}
		who.cookies = []cookie{{"dialtone_session", rowID("ses", n) + "." + sessionSecret(n)}}
	}
	return []any{id, directory.SandboxOperatorID, rowID("sub", n), "product-0", clientID(0), rowID("ses", n), rowID("co", n), scopesPlain, filledAMR,
		f.now.UnixMicro(), "", int64(0), hash, f.now.UnixMicro(), f.now.AddDate(1, 0, 0).UnixMicro(), ""}
}

// filledTable is a table with the columns of its rows.
type filledTable struct {
	name    string
	columns string
	row     func(n int) []any
}

func (f *filling) tables() []filledTable {
	return []filledTable{
		{"subscription", "id operator_id phone_number status language fixed_pin created_at", f.subscription},
		{"session", "id secret_hash operator_id subscription_id amr auth_time_at created_at expires_at", f.session},
		{"consent", "id operator_id subscription_id product_id scopes refused version language granted_at", f.consent},
		{"client_grant", "id operator_id subscription_id product_id client_id session_id consent_id scopes amr auth_time_at claims " +
			"refresh_generation refresh_hash created_at expires_at revoked_reason", f.grant},
	}
}

// fill brings rows of that many lines into a database that has been registered, and returns some identities: as many as
// wanted, spread over all rows, in no order.
func fill(ctx context.Context, database, rootKeyFile string, size, wanted int) (who []*identity, err error) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	db, keyring, err := server.Storage{Database: database, RootKeyFile: rootKeyFile}.Open(ctx, now)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	f := &filling{size: size, now: now, keys: keyring.Secret(), minter: token.NewMinter(keyring.Secret(), keyring.Signing(), ""),
		wanted: make(map[int]*identity)}
	wanted = min(wanted, size)
	for i := range wanted {
		one := new(identity)
		who = append(who, one)
		from, to := i*size/wanted, (i+1)*size/wanted
		f.wanted[from+rand.IntN(to-from)] = one
	}
	rand.Shuffle(len(who), func(i, j int) { who[i], who[j] = who[j], who[i] })

	tables := f.tables()
	faults := make([]error, len(tables))
	var running sync.WaitGroup
	for i, t := range tables {
		running.Go(func() { faults[i] = t.copy(ctx, database, size) })
	}
	running.Wait()
	return who, errors.Join(faults...)
}

// copy fills the table while it has no index, makes the indexes, and lets the planner know.
func (t filledTable) copy(ctx context.Context, database string, size int) (err error) {
	db, err := pgx.Connect(ctx, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(context.WithoutCancel(ctx))) }()
	rows, err := db.Query(ctx, `
		SELECT 'ALTER TABLE ' || $1 || ' DROP CONSTRAINT ' || conname, 'ALTER TABLE ' || $1 || ' ADD CONSTRAINT ' || conname || ' ' || pg_get_constraintdef(oid)
		FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype = 'p'
		UNION ALL
		SELECT 'DROP INDEX ' || indexrelid::regclass, pg_get_indexdef(indexrelid)
		FROM pg_index WHERE indrelid = $1::text::regclass AND NOT indisprimary`, t.name)
	if err != nil {
		return err
	}
	var statements []string
	makeAgain := []string{"SET maintenance_work_mem = '256MB'"}
	var drop, again string
	if _, err := pgx.ForEachRow(rows, []any{&drop, &again}, func() error {
		statements, makeAgain = append(statements, drop), append(makeAgain, again)
		return nil
	}); err != nil {
		return fmt.Errorf("indexes of %s: %w", t.name, err)
	}
	for _, statement := range statements {
		if _, err := db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	source := pgx.CopyFromSlice(size, func(n int) ([]any, error) { return t.row(n), nil })
	if _, err := db.CopyFrom(ctx, pgx.Identifier{t.name}, strings.Fields(t.columns), source); err != nil {
		return fmt.Errorf("fill %s: %w", t.name, err)
	}
	for _, statement := range append(makeAgain, "VACUUM (FREEZE, ANALYZE) "+t.name) {
		if _, err := db.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
