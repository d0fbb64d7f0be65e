package main

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

const (
	linesWaiting = 4096            // of the log, while its reader is slow
	lastLines    = 2 * time.Second // how long the end waits for them
)

// runningLog is the log of a node that serves.
type runningLog struct {
	*slog.Logger
	level *slog.LevelVar
	to    *lossyWriter
}

func newLog(w io.Writer, format, level string) runningLog {
	log := runningLog{level: new(slog.LevelVar), to: newLossyWriter(w)}
	log.setLevel(level)
	options := &slog.HandlerOptions{Level: log.level}
	if format == "json" {
		log.Logger = slog.New(slog.NewJSONHandler(log.to, options))
	} else {
		log.Logger = slog.New(slog.NewTextHandler(log.to, options))
	}
	return log
}

// setLevel takes a word that kong has checked.
func (l runningLog) setLevel(word string) {
	var parsed slog.Level
	if err := parsed.UnmarshalText([]byte(word)); err == nil {
		l.level.Set(parsed)
	}
}

// close waits a little for the last lines.
func (l runningLog) close() { l.to.close() }

// lossyWriter passes lines on in the background. A reader that is slow, gone, or has no room costs lines and nothing else: a request
// never waits for its log. How many were lost it says when lines can be written again.
type lossyWriter struct {
	to      io.Writer
	lines   chan []byte
	lost    atomic.Int64
	written chan struct{} // closed after the last line

	mu     sync.RWMutex
	closed bool
}

func newLossyWriter(to io.Writer) *lossyWriter {
	w := &lossyWriter{to: to, lines: make(chan []byte, linesWaiting), written: make(chan struct{})}
	go w.run()
	return w
}

// Write takes a line. It never fails and never waits.
func (w *lossyWriter) Write(line []byte) (int, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return len(line), nil
	}
	select {
	case w.lines <- bytes.Clone(line):
	default:
		w.lost.Add(1)
	}
	return len(line), nil
}

func (w *lossyWriter) run() {
	defer close(w.written)
	for line := range w.lines {
		if lost := w.lost.Load(); lost > 0 {
			if _, err := fmt.Fprintf(w.to, "dialtone: %d lines of the log were lost: it could not be written\n", lost); err != nil {
				w.lost.Add(1)
				continue
			}
			w.lost.Add(-lost)
		}
		if _, err := w.to.Write(line); err != nil {
			w.lost.Add(1)
		}
	}
}

// close waits a little for the lines that are on their way.
func (w *lossyWriter) close() {
	w.mu.Lock()
	w.closed = true
	close(w.lines)
	w.mu.Unlock()
	select {
	case <-w.written:
	case <-time.After(lastLines):
	}
}
