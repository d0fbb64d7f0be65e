package keys_test

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/keys"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// A node whose clock was years ahead for a minute has made the next keys, and decided when the ones before retire.
func TestKeysOfAClockYearsAheadAreAsIfMadeNow(t *testing.T) {
	t.Parallel()
	ctx, store, root := t.Context(), storetest.New(t), secret.NewRoot()
	ring := open(t, store, root, start)
	for _, ahead := range []time.Duration{3 * 365 * day, 3*365*day + 100*day} {
		if err := ring.RotateIfDue(ctx, start.Add(ahead)); err != nil {
			t.Fatal(err)
		}
	}
	sealed := ring.Secret().Seal(secret.LabelPage, []byte("by the wrong clock"))

	noticed := start.Add(time.Hour)
	healthy := open(t, store, root, noticed)
	if err := healthy.RotateIfDue(ctx, noticed); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		after                   time.Duration
		seals, personal, signer string
	}{
		{0, "seal-1", "personal-1", "rs256-1"},
		{11 * time.Minute, "seal-3", "personal-2", "rs256-1"},
		{25 * time.Hour, "seal-3", "personal-2", "rs256-3"},
	} {
		if err := healthy.Reload(ctx, noticed.Add(test.after)); err != nil {
			t.Fatal(err)
		}
		if got := healthy.Secret().CurrentID(); got != test.seals {
			t.Errorf("after %v %s seals, want %s", test.after, got, test.seals)
		}
		if got := healthy.Secret().PersonalID(); got != test.personal {
			t.Errorf("after %v %s seals what is kept of people, want %s", test.after, got, test.personal)
		}
	}
	if _, err := healthy.Secret().Open(secret.LabelPage, sealed); err != nil {
		t.Errorf("what the node sealed meanwhile is lost: %v", err)
	}
	for id, active := range map[string]time.Time{"seal-2": noticed.Add(10 * time.Minute), "rs256-3": noticed.Add(day)} {
		key := find(t, healthy, id)
		if !key.Created.Equal(noticed) || key.Active.Sub(active).Abs() > time.Second {
			t.Errorf("%s was made %v and is active %v", id, key.Created, key.Active)
		}
	}
	for id, retired := range map[string]time.Time{
		"seal-1": noticed.Add(10*time.Minute + 400*day), "rs256-1": noticed.Add(day + 31*day),
	} {
		if key := find(t, healthy, id); key.Retired.Sub(retired).Abs() > time.Second {
			t.Errorf("%s retires %v, want %v", id, key.Retired, retired)
		}
	}

	// The schedule goes on from there.
	due := noticed.Add(30 * day)
	if err := healthy.RotateIfDue(ctx, due); err != nil {
		t.Fatal(err)
	}
	if key := find(t, healthy, "seal-4"); !key.Created.Equal(due) {
		t.Errorf("the next key was made %v, want %v", key.Created, due)
	}
}

func TestAKeyOfAClockMinutesAheadStays(t *testing.T) {
	t.Parallel()
	ctx, ring := t.Context(), open(t, storetest.New(t), secret.NewRoot(), start)
	if err := ring.Rotate(ctx, start.Add(5*time.Minute), keys.KindData); err != nil {
		t.Fatal(err)
	}
	if err := ring.RotateIfDue(ctx, start); err != nil {
		t.Fatal(err)
	}
	if key := find(t, ring, "seal-2"); !key.Created.Equal(start.Add(5 * time.Minute)) {
		t.Errorf("it is now said to be made %v", key.Created)
	}
}
