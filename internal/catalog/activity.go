package catalog

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type activityStore interface {
	Activities(ctx context.Context, organizationID string, before time.Time, beforeID string, limit int) ([]dialtone.Activity, error)
}

// MostActivities is how many lines of the log one page holds at most.
const MostActivities = 200

// Activities returns lines of an organization's log, the newest first, from before the line with that time and id; a zero time
// begins with the newest.
func (c *Catalog) Activities(
	ctx context.Context, actor dialtone.Actor, organizationID string, before time.Time, beforeID string, limit int,
) ([]dialtone.Activity, error) {
	if _, err := c.allow(ctx, actor, organizationID, ReadActivity); err != nil {
		return nil, err
	}
	list, err := c.store.Activities(ctx, organizationID, before, beforeID, pageSize(limit, MostActivities))
	if err != nil {
		return nil, fmt.Errorf("activities of organization %s: %w", organizationID, err)
	}
	return list, nil
}

// pageSize returns how many things a page holds: what was asked for, within reason.
func pageSize(asked, most int) int {
	const usual = 50
	if asked <= 0 {
		return min(usual, most)
	}
	return min(asked, most)
}

// signed completes a line of the log: who, and when.
func signed(actor dialtone.Actor, a dialtone.Activity, now time.Time) dialtone.Activity {
	a.ID, a.ActorID, a.ActorName, a.At = secret.ID("activity"), actor.ID(), actor.Name, now
	return a
}

// changes collects the names of what differs, for the log. The values stay out: some are secrets, and a log is for ever.
type changes []string

func (c *changes) note(name string, changed bool) {
	if changed {
		*c = append(*c, name)
	}
}

func (c changes) String() string {
	if len(c) == 0 {
		return ""
	}
	return "changed: " + strings.Join(c, ", ")
}

// tick returns the time of a change, exact to what the database keeps. It is later than the last one, because that is how two
// people who edit at once are told apart.
func tick(last, now time.Time) time.Time {
	now = now.UTC().Truncate(time.Microsecond)
	if now.After(last) {
		return now
	}
	return last.Add(time.Microsecond)
}
