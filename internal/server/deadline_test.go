package server

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestADeadlineIsAsThatOfPackageContext(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(cancel context.CancelFunc){
		"nothing happens": func(context.CancelFunc) {}, "the caller leaves": func(cancel context.CancelFunc) { cancel() },
		"time is over": func(context.CancelFunc) { time.Sleep(2 * time.Second) },
	} {
		for _, waited := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				caller, cancel := context.WithCancel(context.WithValue(t.Context(), arrivalKey{}, "value"))
				defer cancel()
				want, stop := context.WithTimeout(caller, time.Second)
				defer stop()
				at, _ := want.Deadline()
				got := newDeadline(caller, at)
				defer got.close()
				if waited {
					got.Done()
				}
				below, end := context.WithCancel(got)
				defer end()
				act(cancel)
				synctest.Wait()
				if !errors.Is(got.Err(), want.Err()) || got.Value(arrivalKey{}) != "value" || !errors.Is(below.Err(), want.Err()) {
					t.Errorf("%s, waited before %t: %v and below %v, want %v", name, waited, got.Err(), below.Err(), want.Err())
				}
				select {
				case <-got.Done():
					if want.Err() == nil {
						t.Errorf("%s: done", name)
					}
				default:
					if want.Err() != nil {
						t.Errorf("%s: not done", name)
					}
				}
			})
		}
	}
}

func TestADeadlineThatNobodyWaitsForStartsNoTimer(t *testing.T) {
	t.Parallel()
	d := newDeadline(t.Context(), time.Now().Add(time.Hour))
	if at, ok := d.Deadline(); !ok || time.Until(at) < 59*time.Minute || d.Err() != nil || d.timed != nil {
		t.Errorf("deadline %v, error %v, timer %v", at, d.Err(), d.timed)
	}
	d.Done()
	d.close()
	if !errors.Is(d.Err(), context.Canceled) {
		t.Error("it goes on after its end")
	}
}
