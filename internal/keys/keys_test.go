package keys_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/keys"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/token"
)

const (
	issuer = "https://id.example.com"
	day    = 24 * time.Hour
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, store keys.Store, root secret.Root, now time.Time) *keys.Keyring {
	t.Helper()
	ring, err := keys.Open(t.Context(), store, root, keys.DefaultSchedule, now)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func minter(ring *keys.Keyring) *token.Minter {
	return token.NewMinter(ring.Secret(), ring.Signing(), issuer)
}

// ids returns the ids of all keys, as List orders them.
func ids(ring *keys.Keyring) []string {
	var ids []string
	for _, key := range ring.List() {
		ids = append(ids, key.ID)
	}
	return ids
}

func published(t *testing.T, ring *keys.Keyring) int {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(ring.Signing().JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	return len(set.Keys)
}

var firstIDs = []string{"personal-1", "seal-1", "subject-1", "eddsa-1", "es256-1", "rs256-1"}

func TestFirstKeysAreMadeOnceAndWorkAtOnce(t *testing.T) {
	t.Parallel()
	store, root := storetest.New(t), secret.NewRoot()
	first := open(t, store, root, start)
	if diff := cmp.Diff(firstIDs, ids(first)); diff != "" {
		t.Errorf("first keys (-want +got):\n%s", diff)
	}
	m := minter(first)
	subject, access := m.Subject("product", "line"), m.Access(token.Access{ID: "at_a"})
	hint, err := m.IDToken(t.Context(), "RS256", token.IDToken{Subject: subject})
	if err != nil {
		t.Fatal(err)
	}

	// The same after a restart, and on another node.
	again := minter(open(t, store, root, start.Add(time.Hour)))
	if got := again.Subject("product", "line"); got != subject {
		t.Errorf("the subject changed from %s to %s", subject, got)
	}
	if _, err := again.OpenAccess(access); err != nil {
		t.Error(err)
	}
	if _, err := again.VerifyIDTokenHint(hint); err != nil {
		t.Error(err)
	}
}

func TestNodesThatStartTogetherAgreeOnTheFirstKeys(t *testing.T) {
	t.Parallel()
	store, root := storetest.New(t), secret.NewRoot()
	const nodes = 4
	rings := make([]*keys.Keyring, nodes)
	var wait sync.WaitGroup
	for i := range rings {
		wait.Go(func() {
			var err error
			if rings[i], err = keys.Open(t.Context(), store, root, keys.DefaultSchedule, start); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if t.Failed() {
		return
	}
	sealed := rings[0].Secret().Seal(secret.LabelPage, []byte("state"))
	for i, ring := range rings {
		if _, err := ring.Secret().Open(secret.LabelPage, sealed); err != nil {
			t.Errorf("node %d: %v", i, err)
		}
		if string(ring.Signing().JWKS()) != string(rings[0].Signing().JWKS()) {
			t.Errorf("node %d publishes other keys", i)
		}
		if minter(ring).Subject("p", "s") != minter(rings[0]).Subject("p", "s") {
			t.Errorf("node %d has other subjects", i)
		}
	}
}

func TestWrongRootKeyIsRefusedAndMakesNothing(t *testing.T) {
	t.Parallel()
	store := storetest.New(t)
	root := secret.NewRoot()
	open(t, store, root, start)
	_, err := keys.Open(t.Context(), store, secret.NewRoot(), keys.DefaultSchedule, start)
	if !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("Open with another root key: %v, want ErrInvalid", err)
	}
	if diff := cmp.Diff(firstIDs, ids(open(t, store, root, start))); diff != "" {
		t.Errorf("keys afterwards (-want +got):\n%s", diff)
	}
}

// Whoever can write to the database must not be able to put one wrapped key in another's place.
func TestKeyInAnotherRowIsRefused(t *testing.T) {
	t.Parallel()
	store, root := storetest.New(t), secret.NewRoot()
	open(t, store, root, start)
	rows, err := store.DataKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	moved := rows[slices.IndexFunc(rows, func(row dialtone.KeyRow) bool { return row.ID == "seal-1" })]
	moved.ID = "seal-2"
	if err := store.InsertDataKey(t.Context(), moved); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(t.Context(), store, root, keys.DefaultSchedule, start); !errors.Is(err, secret.ErrSeal) {
		t.Errorf("Open: %v, want ErrSeal", err)
	}
}

func TestLostSubjectKeyIsNotReplaced(t *testing.T) {
	t.Parallel()
	store, root := storetest.New(t), secret.NewRoot()
	row := dialtone.KeyRow{ID: "seal-1", Use: "seal", Wrapped: root.Wrap("seal/seal-1", secret.Bytes(secret.KeySize)), Created: start, Active: start}
	if err := store.InsertDataKey(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Open(t.Context(), store, root, keys.DefaultSchedule, start); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("Open: %v, want ErrInvalid", err)
	}
}

// The life of the keys over a year and more, on two nodes that both look every few days whether a rotation is due.
func TestScheduleKeepsEverythingReadableOnEveryNode(t *testing.T) {
	t.Parallel()
	store, root := storetest.New(t), secret.NewRoot()
	one, other := open(t, store, root, start), open(t, store, root, start)
	subject := minter(one).Subject("p", "s")
	refresh, _ := minter(one).NewRefresh("gr_a")
	rest, _ := minter(one).NewRefresh("gr_rests")
	const step = 5
	for d := 0; d < 400; d += step {
		now := start.Add(time.Duration(d) * day)
		ahead := one.Secret().Seal(secret.LabelPage, nil)
		for _, ring := range []*keys.Keyring{one, other} {
			if err := ring.RotateIfDue(t.Context(), now); err != nil {
				t.Fatalf("day %d: %v", d, err)
			}
		}
		if _, err := other.Secret().Open(secret.LabelPage, ahead); err != nil {
			t.Fatalf("day %d: what one node sealed the other cannot open: %v", d, err)
		}
		r, err := minter(other).OpenRefresh(refresh)
		if err != nil || r.Generation != d/step {
			t.Fatalf("day %d: refresh token %d: %v", d, r.Generation, err)
		}
		refresh, _ = minter(one).SuccessorRefresh(r)
		if d == 180 {
			if _, err := minter(other).OpenRefresh(rest); err != nil {
				t.Errorf("a refresh token that rested for 180 days: %v", err)
			}
		}
		if n := published(t, one); n < 3 || n > 6 {
			t.Fatalf("day %d: %d keys are published", d, n)
		}
	}
	if got := minter(one).Subject("p", "s"); got != subject {
		t.Errorf("the subject changed from %s to %s", subject, got)
	}
	all := ids(one)
	for _, want := range []string{"seal-14", "rs256-5", "es256-5", "eddsa-5"} {
		if !slices.Contains(all, want) {
			t.Errorf("after 400 days there is no key %s among %v", want, all)
		}
	}
	for _, unwanted := range []string{"seal-15", "rs256-6", "subject-2"} {
		if slices.Contains(all, unwanted) {
			t.Errorf("after 400 days there is a key %s too many", unwanted)
		}
	}
}

func TestNewKeyWaitsBeforeItIsUsed(t *testing.T) {
	t.Parallel()
	ring := open(t, storetest.New(t), secret.NewRoot(), start)
	ctx := t.Context()
	for _, kind := range []keys.Kind{keys.KindData, keys.KindSigning} {
		if err := ring.Rotate(ctx, start.Add(day), kind); err != nil {
			t.Fatal(err)
		}
	}
	if n := published(t, ring); n != 6 {
		t.Errorf("%d keys are published right after the rotation, want 6", n)
	}
	for _, test := range []struct {
		after         time.Duration
		seals, signer string
	}{
		{day, "seal-1", "rs256-1"},
		{day + 10*time.Minute, "seal-2", "rs256-1"},
		{2 * day, "seal-2", "rs256-2"},
	} {
		if err := ring.Reload(ctx, start.Add(test.after)); err != nil {
			t.Fatal(err)
		}
		if got := ring.Secret().CurrentID(); got != test.seals {
			t.Errorf("after %v: %s seals, want %s", test.after, got, test.seals)
		}
	}
	for id, want := range map[string]time.Time{
		"seal-1": start.Add(day + 10*time.Minute + 400*day), "seal-2": {},
		"rs256-1": start.Add(2*day + 31*day), "rs256-2": {}, "subject-1": {},
	} {
		key := find(t, ring, id)
		if !key.Retired.Equal(want) {
			t.Errorf("%s retires %v, want %v", id, key.Retired, want)
		}
	}
}

func find(t *testing.T, ring *keys.Keyring, id string) keys.Key {
	t.Helper()
	list := ring.List()
	i := slices.IndexFunc(list, func(key keys.Key) bool { return key.ID == id })
	if i < 0 {
		t.Fatalf("there is no key %s", id)
	}
	return list[i]
}

func TestLeakedKeysAreGoneAtOnce(t *testing.T) {
	t.Parallel()
	store, root, ctx := storetest.New(t), secret.NewRoot(), t.Context()
	ring, other := open(t, store, root, start), open(t, store, root, start)
	subject := minter(ring).Subject("p", "s")
	access := minter(ring).Access(token.Access{ID: "at_a"})
	hint, err := minter(ring).IDToken(ctx, "ES256", token.IDToken{})
	if err != nil {
		t.Fatal(err)
	}
	// One that waits for its time has leaked as well.
	if err := ring.Rotate(ctx, start, keys.KindData); err != nil {
		t.Fatal(err)
	}

	if err := ring.RotateAtOnce(ctx, start.Add(time.Minute), keys.KindData); err != nil {
		t.Fatal(err)
	}
	if got := ring.Secret().CurrentID(); got != "seal-3" {
		t.Errorf("%s seals", got)
	}
	if _, err := minter(ring).VerifyIDTokenHint(hint); err != nil {
		t.Errorf("signing keys went with the data keys: %v", err)
	}
	if err := ring.RotateAtOnce(ctx, start.Add(time.Minute), keys.KindSigning); err != nil {
		t.Fatal(err)
	}
	for name, ring := range map[string]*keys.Keyring{"this node": ring, "another node": other} {
		if err := ring.Reload(ctx, start.Add(2*time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := minter(ring).OpenAccess(access); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: an access token under the leaked key: %v", name, err)
		}
		if _, err := minter(ring).VerifyIDTokenHint(hint); !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: an ID token under the leaked key: %v", name, err)
		}
		if n := published(t, ring); n != 3 {
			t.Errorf("%s publishes %d keys, want 3", name, n)
		}
		if got := minter(ring).Subject("p", "s"); got != subject {
			t.Errorf("%s: the subject changed", name)
		}
	}
}

func TestNodesThatRotateTogetherMakeOneKey(t *testing.T) {
	t.Parallel()
	store, root := storetest.New(t), secret.NewRoot()
	const nodes = 4
	due := start.Add(30 * day)
	var rings []*keys.Keyring
	for range nodes {
		rings = append(rings, open(t, store, root, start))
	}
	var wait sync.WaitGroup
	for _, ring := range rings {
		wait.Go(func() {
			if err := ring.RotateIfDue(t.Context(), due); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	want := []string{"personal-1", "seal-1", "seal-2", "subject-1", "eddsa-1", "es256-1", "rs256-1"}
	for i, ring := range rings {
		if err := ring.Reload(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ids(ring)); diff != "" {
			t.Errorf("node %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestKeysStayWhenTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	ring := open(t, storetest.New(t), secret.NewRoot(), start)
	sealed := ring.Secret().Seal(secret.LabelPage, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ring.Reload(ctx, start); err == nil {
		t.Error("Reload without a database: no error")
	}
	if _, err := ring.Secret().Open(secret.LabelPage, sealed); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(firstIDs, ids(ring)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
