package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// recorder is a batcher's statement: it answers a word with its length and remembers who came together.
type recorder struct {
	mu      sync.Mutex
	batches [][]string
	fail    func(words []string) error
	hold    chan struct{} // closed when statements may go on
}

func (r *recorder) run(_ context.Context, words []string) ([]int, error) {
	<-r.hold
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, slices.Clone(words))
	if r.fail != nil {
		if err := r.fail(words); err != nil {
			return nil, err
		}
	}
	var lengths []int
	for _, w := range words {
		lengths = append(lengths, len(w))
	}
	return lengths, nil
}

func background() (context.Context, context.CancelFunc) { return context.Background(), func() {} }

// askAll puts the first word under way, lets the others wait together, and returns the error of each.
func askAll(t *testing.T, b *batcher[string, int], r *recorder, words ...string) []error {
	t.Helper()
	faults := make([]error, len(words))
	var asking sync.WaitGroup
	for i, w := range words {
		asking.Go(func() {
			length, err := b.ask(t.Context(), w)
			if err == nil && length != len(w) {
				t.Errorf("%q got the answer %d", w, length)
			}
			faults[i] = err
		})
		waitFor(b, i) // those before it, and it, but for the first one, which is under way
	}
	close(r.hold)
	asking.Wait()
	return faults
}

// waitFor returns when a statement is under way and so many callers wait for the next one.
func waitFor(b *batcher[string, int], waiting int) {
	for there := false; !there; time.Sleep(time.Millisecond) {
		b.mu.Lock()
		there = b.working == 1 && len(b.waiting) == waiting
		b.mu.Unlock()
	}
}

func TestCallersThatWaitShareAStatement(t *testing.T) {
	t.Parallel()
	r := &recorder{hold: make(chan struct{})}
	b := newBatcher(1, background, r.run, nil)
	words := []string{"first"}
	for range largestBatch - 1 {
		words = append(words, strings.Repeat("x", len(words)))
	}
	for i, err := range askAll(t, b, r, words...) {
		if err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	var sizes []int
	for _, batch := range r.batches {
		sizes = append(sizes, len(batch))
	}
	if !slices.Equal(sizes, []int{1, largestBatch - 1}) {
		t.Errorf("the statements had %v callers", sizes)
	}
}

func TestAStatementThatHangsHoldsUpOnlyThoseInIt(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	b := newBatcher(1, background, func(_ context.Context, words []string) ([]int, error) {
		if words[0] == "hangs" {
			<-hang
		}
		return make([]int, len(words)), nil
	}, nil)
	hanging := make(chan error)
	go func() { _, err := b.ask(t.Context(), "hangs"); hanging <- err }()
	waitFor(b, 0)
	var asking sync.WaitGroup
	for range largestBatch {
		asking.Go(func() {
			if _, err := b.ask(t.Context(), "goes on"); err != nil {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	close(hang)
	if err := <-hanging; err != nil {
		t.Error(err)
	}
}

func TestWritesOfOneRowNeverShareAStatement(t *testing.T) {
	t.Parallel()
	r := &recorder{hold: make(chan struct{})}
	b := newBatcher(1, background, r.run, func(word string) string { return word })
	askAll(t, b, r, "first", "b", "a", "b", "c", "b")
	want := [][]string{{"first"}, {"a", "b", "c"}, {"b"}, {"b"}}
	if !slices.EqualFunc(r.batches, want, slices.Equal) {
		t.Errorf("the statements were %v, want %v", r.batches, want)
	}
}

func TestOneBadRowDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	bad := errors.New("bad row")
	r := &recorder{hold: make(chan struct{}), fail: func(words []string) error {
		if slices.Contains(words, "bad") {
			return bad
		}
		return nil
	}}
	b := newBatcher(1, background, r.run, nil)
	faults := askAll(t, b, r, "first", "good", "bad", "fine")
	if !slices.Equal(faults, []error{nil, nil, bad, nil}) {
		t.Errorf("the errors were %v", faults)
	}
}

// A write that may have been done must not be done again.
func TestNothingIsTriedAgainWhenTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	r := &recorder{hold: make(chan struct{}), fail: func([]string) error { return dialtone.ErrUnavailable }}
	b := newBatcher(1, background, r.run, nil)
	for i, err := range askAll(t, b, r, "first", "second", "third") {
		if !errors.Is(err, dialtone.ErrUnavailable) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if len(r.batches) != 2 {
		t.Errorf("the statements were %v", r.batches)
	}
}

func TestACallerThatIsGoneIsPassedOver(t *testing.T) {
	t.Parallel()
	r := &recorder{hold: make(chan struct{})}
	b := newBatcher(1, background, r.run, nil)
	first := make(chan error)
	go func() { _, err := b.ask(t.Context(), "first"); first <- err }()
	waitFor(b, 0)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.ask(gone, "gone"); !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that is gone: %v", err)
	}
	close(r.hold)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, err := b.ask(t.Context(), "last"); err != nil {
		t.Error(err)
	}
	if want := [][]string{{"first"}, {"last"}}; !slices.EqualFunc(r.batches, want, slices.Equal) {
		t.Errorf("the statements were %v, want %v", r.batches, want)
	}
}

func TestSharedTextsAreFilledUp(t *testing.T) {
	t.Parallel()
	s := newShared("VALUES %s", "TEXT", "BIGINT")
	if want := "VALUES (0, CAST($1 AS TEXT), CAST($2 AS BIGINT)), (1, CAST($3 AS TEXT), CAST($4 AS BIGINT))"; s.texts[1] != want {
		t.Errorf("the text for two is %s", s.texts[1])
	}
	for callers, size := range map[int]int{1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 33: 64, 64: 64} {
		text, args := s.fit(make([]any, 2*callers))
		if len(args) != 2*size || strings.Count(text, "(CAST")+strings.Count(text, ", CAST") != 2*size {
			t.Errorf("%d callers: %d arguments for %s", callers, len(args), text)
		}
	}
}

func TestACallerWhoseTimeIsOverHearsThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	b := newBatcher(1, background, func(context.Context, []string) ([]int, error) { <-hang; return []int{0}, nil }, nil)
	short, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := b.ask(short, "slow"); !errors.Is(err, dialtone.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got error %v, want ErrUnavailable", err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := b.ask(gone, "gone"); errors.Is(err, dialtone.ErrUnavailable) {
		t.Errorf("a caller who left hears %v", err)
	}
}

// A write that may have been done must not be done again, nor may the process end.
func TestAPanicInASharedStatementIsAnErrorForThoseInIt(t *testing.T) {
	t.Parallel()
	r := &recorder{hold: make(chan struct{}), fail: func(words []string) error {
		if len(words) > 1 {
			panic("stumbled")
		}
		return nil
	}}
	b := newBatcher(1, background, r.run, nil)
	faults := askAll(t, b, r, "first", "second", "third")
	var panicked *panicError
	if faults[0] != nil || !errors.As(faults[1], &panicked) || !errors.As(faults[2], &panicked) || len(r.batches) != 2 {
		t.Errorf("the errors were %v, the statements %v", faults, r.batches)
	}
	if !strings.Contains(faults[1].Error(), "batch_test.go") {
		t.Errorf("the error does not say where: %v", faults[1])
	}
}

// Callers were told to come again: what they asked for must not be written after that, or coming again is a second time.
func TestASharedWriteThatNobodyWaitsForIsNotBegun(t *testing.T) {
	t.Parallel()
	asked, turn := make(chan struct{}), make(chan struct{})
	var begun []bool
	b := newBatcher(1, background, func(ctx context.Context, words []string) ([]int, error) {
		asked <- struct{}{}
		<-turn
		begun = append(begun, wanted(ctx))
		return make([]int, len(words)), nil
	}, func(word string) string { return word })
	for _, leaves := range []bool{true, false} {
		ctx, leave := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _, _ = b.ask(ctx, "word") }()
		<-asked
		if leaves {
			leave()
			<-done
		}
		turn <- struct{}{}
		<-done
		leave()
	}
	if !slices.Equal(begun, []bool{false, true}) {
		t.Errorf("wanted: %v", begun)
	}
}
