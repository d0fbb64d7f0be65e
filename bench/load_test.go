package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestPercentileIsTheNearestRank(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1))
	}
	for _, c := range []struct {
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{hundred, 0.50, 50},
		{hundred, 0.99, 99},
		{hundred, 0, 1},
		{hundred, 1, 100},
		{[]time.Duration{7}, 0.99, 7},
		{[]time.Duration{1, 2, 3}, 0.5, 2},
	} {
		if got := percentile(c.sorted, c.p); got != c.want {
			t.Errorf("percentile %v of %d values is %d, want %d", c.p, len(c.sorted), got, c.want)
		}
	}
}

func TestTheMedianOfTheRatiosCounts(t *testing.T) {
	at := func(ours, bare float64) pair { return pair{measurement{rate: ours}, measurement{rate: bare}} }
	s := summarize([]pair{at(100, 100), at(300, 200), at(50, 500)})
	if s.ratio != 1 || s.ours.rate != 100 || s.bare.rate != 200 {
		t.Errorf("got ratio %v, rates %v and %v", s.ratio, s.ours.rate, s.bare.rate)
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("the median of 1 to 4 is %v", got)
	}
}

func TestTheCrowdIsEveryNumberOnceAProduct(t *testing.T) {
	people := new(crowd)
	seen := make(map[newcomer]bool)
	for {
		who, err := people.newcomer()
		if errors.Is(err, errNobodyLeft) {
			break
		}
		if !strings.HasSuffix(who.number, who.pin) || len(who.pin) != 6 {
			t.Fatalf("%s has PIN %s", who.number, who.pin)
		}
		seen[who] = true
	}
	if want := products * 1095; len(seen) != want {
		t.Errorf("%d newcomers, want %d", len(seen), want)
	}
	for _, number := range []string{"+46701740605", "+46701740699", "+447700900000", "+447700900999"} {
		if !seen[newcomer{number: number, pin: number[len(number)-6:], product: products - 1}] {
			t.Errorf("nobody has %s", number)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, arguments := range [][]string{
		{"-engine", "oracle"}, {"-only", "nothing"}, {"-rounds", "0"}, {"-connections", "1"}, {"-time", "0s"}, {"extra"},
	} {
		if _, err := parseOptions(arguments); err == nil {
			t.Errorf("%q was accepted", arguments)
		}
	}
	o, err := parseOptions([]string{"-engine", "sqlite", "-only", "code,refresh"})
	if err != nil || len(o.engines) != 1 || len(o.operations) != 2 || o.operations[0].name != "code" {
		t.Errorf("got %+v, %v", o, err)
	}
}
