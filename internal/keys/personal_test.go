package keys_test

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/keys"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func TestAPersonalKeyStaysUntilNothingIsUnderIt(t *testing.T) {
	t.Parallel()
	ctx, ring := t.Context(), open(t, storetest.New(t), secret.NewRoot(), start)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	sealed := ring.Secret().SealPersonal(secret.LabelStoredNumber, "+46701740605")
	if !ring.Settled(start) || ring.ResealDue(start) {
		t.Error("with one key there is something to seal again")
	}
	due := start.Add(365 * day)
	must(ring.RotateIfDue(ctx, due))
	if err := ring.Rotate(ctx, due, keys.KindPersonal); !errors.Is(err, dialtone.ErrConflict) {
		t.Errorf("a third key: %v, want ErrConflict", err)
	}
	must(ring.RotateIfDue(ctx, due.Add(400*day))) // nobody sealed again all the time
	for _, test := range []struct {
		after    time.Duration
		id       string
		resealed bool
	}{
		{0, "personal-1", false},
		{10 * time.Minute, "personal-2", false}, // another node may still work with the old one
		{20 * time.Minute, "personal-2", true},
	} {
		now := due.Add(test.after)
		must(ring.Reload(ctx, now))
		if id := ring.Secret().PersonalID(); id != test.id || ring.ResealDue(now) != test.resealed {
			t.Errorf("after %v %s seals, and sealing again is due: %v", test.after, id, ring.ResealDue(now))
		}
		if _, err := ring.Secret().OpenPersonal(secret.LabelStoredNumber, sealed); err != nil {
			t.Errorf("after %v: %v", test.after, err)
		}
	}
	must(ring.RetirePersonal(ctx, due.Add(time.Hour)))
	if _, err := ring.Secret().OpenPersonal(secret.LabelStoredNumber, sealed); !errors.Is(err, secret.ErrSeal) {
		t.Errorf("under the retired key: %v, want ErrSeal", err)
	}
	if !ring.Settled(due.Add(time.Hour)) {
		t.Error("there is more than one key left")
	}
}

func TestALeakedPersonalKeySealsNothingFromNowOn(t *testing.T) {
	t.Parallel()
	ctx, ring := t.Context(), open(t, storetest.New(t), secret.NewRoot(), start)
	sealed := ring.Secret().SealPersonal(secret.LabelStoredEmail, "kim@example.com")
	if err := ring.RotateAtOnce(ctx, start.Add(day), keys.KindPersonal); err != nil {
		t.Fatal(err)
	}
	if id := ring.Secret().PersonalID(); id != "personal-2" {
		t.Errorf("%s seals", id)
	}
	if _, err := ring.Secret().OpenPersonal(secret.LabelStoredEmail, sealed); err != nil {
		t.Errorf("what is not yet sealed again is lost: %v", err)
	}
}
