package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// A key of KindPersonal seals rows that stay for years. When the next one has taken over on every node, all rows are sealed
// again (store.Reseal), and then the old key retires; there are never more than two.

// Settled reports whether one key seals what is kept about people: the next may be made.
func (k *Keyring) Settled(now time.Time) bool { return len(k.personal(now)) == 1 }

// ResealDue reports whether the newest key of KindPersonal has been in use for so long that every node works with it, while
// rows may be under another.
func (k *Keyring) ResealDue(now time.Time) bool {
	live := k.personal(now)
	return len(live) > 1 && !now.Before(live[len(live)-1].Active.Add(k.schedule.DataWait))
}

// RetirePersonal retires the keys of KindPersonal but the newest: no row is under them any more.
func (k *Keyring) RetirePersonal(ctx context.Context, now time.Time) error {
	live := k.personal(now)
	for _, old := range live[:max(0, len(live)-1)] {
		if err := k.store.RetireKey(ctx, old.ID, now); err != nil {
			return fmt.Errorf("retire key %s: %w", old.ID, err)
		}
	}
	return k.Reload(ctx, now)
}

// personal returns the keys of KindPersonal that are not retired, the oldest first.
func (k *Keyring) personal(now time.Time) []Key {
	var live []Key
	for _, key := range k.List() {
		if key.Use == string(secret.UsePersonal) && (key.Retired.IsZero() || now.Before(key.Retired)) {
			live = append(live, key)
		}
	}
	return live
}

func (k *Keyring) checkSettled(now time.Time, kind Kind) error {
	if kind == KindPersonal && !k.Settled(now) {
		return fmt.Errorf("%w: the database is still being sealed again under the last key; 'dialtone keys list' shows when the old one has retired",
			dialtone.ErrConflict)
	}
	return nil
}
