package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// measurement is what a burst of load showed.
type measurement struct {
	rate     float64 // operations a second
	p50, p99 time.Duration
	cpu      time.Duration // processor time of the server process for one operation, warming up included
	// What went over to PostgreSQL for one operation, if it was counted.
	statements, trips float64
}

// group is some visitors that do the same operation over and over, each as soon as it has the answer to the last one.
type group struct {
	operation operation
	visitors  []*visitor
}

// total is how many operations the visitors did, counted or not.
func total(groups []group) (done int64) {
	for _, g := range groups {
		for _, v := range g.visitors {
			done += v.done
		}
	}
	return done
}

// times says how long a burst takes.
type times struct {
	warming   time.Duration // at first, not counted
	measuring time.Duration
}

// patience is how long a single burst may hang before it is an error.
const patience = 30 * time.Second

// burst puts load on a server with all groups at once and returns a measurement of each. Any wrong answer is an error: a
// server that is fast at refusing must not look good.
func burst(groups []group, t times) ([]measurement, error) {
	began := time.Now()
	from, until := began.Add(t.warming), began.Add(t.warming+t.measuring)
	results := make([]measurement, len(groups))
	faults := make([]error, len(groups))
	var running sync.WaitGroup
	for i, g := range groups {
		running.Go(func() { results[i], faults[i] = g.run(from, until) })
	}
	running.Wait()
	return results, errors.Join(faults...)
}

// run loads until the time is over or nobody is left to sign in.
func (g group) run(from, until time.Time) (measurement, error) {
	series := make([][]time.Duration, len(g.visitors))
	ends := make([]time.Time, len(g.visitors))
	faults := make([]error, len(g.visitors))
	var running sync.WaitGroup
	for i, v := range g.visitors {
		running.Go(func() { series[i], ends[i], faults[i] = g.repeat(v, from, until) })
	}
	running.Wait()
	if err := errors.Join(faults...); err != nil {
		return measurement{}, fmt.Errorf("%s: %w", g.operation.name, err)
	}
	took := slices.Concat(series...)
	if len(took) == 0 {
		return measurement{}, fmt.Errorf("%s: nothing was done within the time", g.operation.name)
	}
	slices.Sort(took)
	end := slices.MaxFunc(ends, time.Time.Compare)
	return measurement{
		rate: float64(len(took)) / end.Sub(from).Seconds(),
		p50:  percentile(took, 0.50),
		p99:  percentile(took, 0.99),
	}, nil
}

// repeat does the operation until the time is over. It returns how long each one took that ended inside the measured time,
// and when that time ended for this visitor.
func (g group) repeat(v *visitor, from, until time.Time) (took []time.Duration, end time.Time, err error) {
	if err := v.allow(time.Until(until) + patience); err != nil {
		return nil, until, err
	}
	for began := time.Now(); began.Before(until); {
		err := g.operation.do(v)
		ended := time.Now()
		switch {
		case errors.Is(err, errNobodyLeft):
			return took, ended, nil
		case err != nil:
			return took, ended, err
		}
		v.done++
		if !ended.Before(from) && ended.Before(until) {
			took = append(took, ended.Sub(began))
		}
		began = ended
	}
	return took, until, nil
}

// percentile returns the smallest value that at least the share p of the sorted values does not exceed.
func percentile(sorted []time.Duration, p float64) time.Duration {
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}

// median returns the middle of the values, or the mean of the two in the middle.
func median[N float64 | time.Duration](values []N) N {
	sorted := slices.Sorted(slices.Values(values))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}
