package server

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// linesAMinute is how many lines of a kind the log takes within a minute; the others are counted.
	linesAMinute = 60
	// mostKinds bounds what is remembered. Kinds are the messages in our code, of which there are fewer.
	mostKinds = 500
	// longestValue is how much of a text goes into a line, in bytes: paths and headers are the caller's. A stack is whole.
	longestValue = 1 << 10
)

// quiet is a log that nobody outside can flood: of each kind of line, that is its level and message, it takes linesAMinute; how many
// more there were it says in a line of its own when the minute is over. And what failed because the caller had hung up is no
// failure of ours: it is told as information.
type quiet struct {
	slog.Handler
	counts *lineCounts
}

// lineCounts is shared by a handler and those made from it.
type lineCounts struct {
	root slog.Handler
	now  func() time.Time

	mu    sync.Mutex
	kinds map[lineKind]*lineCount
}

type lineKind struct {
	level   slog.Level
	message string
}

type lineCount struct {
	since time.Time
	taken int
	left  int // out, since then
}

func newQuiet(handler slog.Handler, now func() time.Time) *quiet {
	return &quiet{handler, &lineCounts{root: handler, now: now, kinds: make(map[lineKind]*lineCount)}}
}

// Handle writes the line or counts it.
func (q *quiet) Handle(ctx context.Context, line slog.Record) error {
	if line.Level > slog.LevelInfo && errors.Is(ctx.Err(), context.Canceled) {
		line.Level = slog.LevelInfo
		if !q.Enabled(ctx, line.Level) {
			return nil
		}
	}
	takes, left := q.counts.take(lineKind{line.Level, line.Message})
	if left > 0 {
		q.counts.tell(ctx, lineKind{line.Level, line.Message}, left)
	}
	if !takes {
		return nil
	}
	return q.Handler.Handle(ctx, shortened(line))
}

// WithAttrs returns a handler that counts together with this one.
func (q *quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &quiet{q.Handler.WithAttrs(attrs), q.counts}
}

// WithGroup returns a handler that counts together with this one.
func (q *quiet) WithGroup(name string) slog.Handler {
	return &quiet{q.Handler.WithGroup(name), q.counts}
}

// take reports whether one more line of the kind is taken, and how many were left out in a minute that is over.
func (l *lineCounts) take(kind lineKind) (takes bool, left int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.kinds[kind] == nil && len(l.kinds) >= mostKinds {
		kind.message = "" // all others together
	}
	count := l.kinds[kind]
	if count == nil {
		count = &lineCount{since: now}
		l.kinds[kind] = count
	}
	if now.Sub(count.since) >= time.Minute {
		left = count.left
		*count = lineCount{since: now}
	}
	if count.taken == linesAMinute {
		count.left++
		return false, left
	}
	count.taken++
	return true, left
}

// flush tells of the kinds whose minute is over and of which no line has come since.
func (l *lineCounts) flush(ctx context.Context) {
	due := make(map[lineKind]int)
	l.mu.Lock()
	for kind, count := range l.kinds {
		if l.now().Sub(count.since) >= time.Minute {
			due[kind] = count.left
			delete(l.kinds, kind)
		}
	}
	l.mu.Unlock()
	for kind, left := range due {
		if left > 0 {
			l.tell(ctx, kind, left)
		}
	}
}

func (l *lineCounts) tell(ctx context.Context, kind lineKind, left int) {
	if !l.root.Enabled(ctx, kind.level) {
		return
	}
	line := slog.NewRecord(l.now(), kind.level, "more of the same were left out of the log", 0)
	line.AddAttrs(slog.String("of", kind.message), slog.Int("lines", left))
	_ = l.root.Handle(ctx, line) // a log that cannot be written loses lines, nothing else
}

// shortened is the line with its texts cut to longestValue.
func shortened(line slog.Record) slog.Record {
	short := slog.NewRecord(line.Time, line.Level, line.Message, line.PC)
	line.Attrs(func(attr slog.Attr) bool {
		attr.Value = attr.Value.Resolve()
		text := ""
		switch value := attr.Value.Any().(type) {
		case string:
			text = value
		case error:
			text = value.Error()
		}
		if len(text) > longestValue && attr.Key != "stack" {
			attr.Value = slog.StringValue(text[:longestValue] + "…")
		}
		short.AddAttrs(attr)
		return true
	})
	return short
}
