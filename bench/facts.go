package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// facts are about our server as a whole.
type facts struct {
	first, again time.Duration // from the start of the process to the first answer: on an empty database, and later
	idle         int64         // memory after the start, in bytes
	crowded      int64         // memory with crowdedConnections at work, in bytes
	rate         float64       // introspections a second meanwhile
}

const (
	crowdedConnections = 1000
	settleTime         = time.Second
)

// facts starts our server twice on a database of its own, and looks at its memory.
func (b bench) facts(ctx context.Context) (f facts, err error) {
	database, err := b.engine.Create(ctx, b.folder, "facts")
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, b.engine.Drop(context.WithoutCancel(ctx), database)) }()
	first, err := b.program.serve(database)
	if err != nil {
		return f, err
	}
	f.first = first.serving
	if err := first.stop(); err != nil {
		return f, err
	}
	if err := b.program.register(ctx, database); err != nil {
		return f, err
	}
	again, err := b.program.serve(database)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, again.stop()) }()
	f.again = again.serving
	time.Sleep(settleTime)
	if f.idle, err = again.resident(); err != nil {
		return f, err
	}
	return f, b.crowd(again, &f)
}

// crowd lets many connections introspect at once, and keeps the most memory that the server had meanwhile.
func (b bench) crowd(p *process, f *facts) (err error) {
	a, err := seat(p.address, b.widest())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.leave()) }()
	for i := len(a.visitors); i < crowdedConnections; i++ {
		v, err := newVisitor(a.address, nil)
		if err != nil {
			return err
		}
		v.access = a.visitors[i%b.widest()].access
		a.visitors = append(a.visitors, v)
	}
	done := make(chan struct{})
	var watchFault error
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		f.crowded, watchFault = mostResident(p, done)
	}()
	measured, err := burst([]group{{operationNamed(introspection), a.visitors}}, b.burst)
	close(done)
	<-watched
	if err := errors.Join(err, watchFault); err != nil {
		return err
	}
	f.rate = measured[0].rate
	return nil
}

// mostResident looks at the process's memory until done.
func mostResident(p *process, done <-chan struct{}) (most int64, err error) {
	const every = 50 * time.Millisecond
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		now, err := p.resident()
		if err != nil {
			return most, err
		}
		most = max(most, now)
		select {
		case <-done:
			return most, nil
		case <-ticker.C:
		}
	}
}

// takeProfile asks the profiler for a CPU profile of the next seconds and writes it to a file.
func takeProfile(profiler, file string, length time.Duration) error {
	seconds := max(1, int(length/time.Second))
	answer, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", profiler, seconds))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("profile: %s", answer.Status)
	}
	to, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, answer.Body)
	return errors.Join(err, to.Close())
}
