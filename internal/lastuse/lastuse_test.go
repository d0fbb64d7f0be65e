package lastuse_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/lastuse"
)

func TestWhatCannotBeWrittenIsKept(t *testing.T) {
	t.Parallel()
	var times lastuse.Times
	first := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later := first.Add(time.Minute)
	times.Note("a", first)
	times.Note("b", first)
	away := errors.New("away")
	err := times.Flush(t.Context(), "things", func(context.Context, map[string]time.Time) error {
		times.Note("b", later) // while the write is under way
		return away
	})
	if !errors.Is(err, away) {
		t.Fatalf("got %v", err)
	}
	if got := times.Latest("b", first); !got.Equal(later) {
		t.Errorf("b was last used at %v, want the later time", got)
	}
	var written map[string]time.Time
	keep := func(_ context.Context, pending map[string]time.Time) error {
		written = pending
		return nil
	}
	if err := times.Flush(t.Context(), "things", keep); err != nil {
		t.Fatal(err)
	}
	if want := map[string]time.Time{"a": first, "b": later}; !maps.Equal(written, want) {
		t.Errorf("written %v, want %v", written, want)
	}
	if written = nil; times.Flush(t.Context(), "things", keep) != nil || written != nil {
		t.Errorf("%v is written again", written)
	}
	if got := times.Latest("a", later); !got.Equal(later) {
		t.Errorf("an id that is not noted: %v, want what was stored", got)
	}
}
