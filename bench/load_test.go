package main

import (
	"errors"
	"slices"
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
	if s.least != 0.1 || s.most != 1.5 {
		t.Errorf("the ratios are %v to %v", s.least, s.most)
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

func TestOnlyWideTablesHaveGoals(t *testing.T) {
	for connections, want := range map[int]string{1: "", 16: "below", 64: "below"} {
		a := atWidth{connections: connections, pairs: map[string][]pair{"refresh": {{measurement{rate: 109}, measurement{rate: 100}}}}}
		rows := a.rates([]operation{operationNamed("refresh")})
		if got := rows[1][len(rows[1])-1]; got != want {
			t.Errorf("refresh at 1.09 with %d connections is %q, want %q", connections, got, want)
		}
	}
}

func TestCountsStandBesideAnOperationWhereThereAreAny(t *testing.T) {
	a := atWidth{connections: 1, pairs: map[string][]pair{"refresh": {{measurement{rate: 1}, measurement{rate: 1}}}},
		counted: map[string]pair{"refresh": {measurement{statements: 4, trips: 3}, measurement{statements: 2, trips: 1}}}}
	got := a.costs([]operation{operationNamed("refresh")}, true)[1]
	if want := []string{"4.00", "2.00", "3.00", "1.00"}; !slices.Equal(got[3:], want) {
		t.Errorf("got %q, want %q at the end", got, want)
	}
	if got := a.costs([]operation{operationNamed("refresh")}, false); len(got[0]) != 3 || len(got[1]) != 3 {
		t.Errorf("SQLite has columns for what was not counted: %q", got)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, arguments := range [][]string{
		{"-engine", "oracle"}, {"-only", "nothing"}, {"-rounds", "0"}, {"-connections", "0"}, {"-connections", "1,x"}, {"-connections", "1001"}, {"-time", "0s"}, {"extra"},
	} {
		if _, err := parseOptions(arguments); err == nil {
			t.Errorf("%q was accepted", arguments)
		}
	}
	o, err := parseOptions([]string{"-engine", "sqlite", "-only", "code,refresh"})
	if err != nil || len(o.engines) != 1 || len(o.operations) != 2 || !slices.Equal(o.widths, []int{1, 16, 64}) || o.operations[0].name != "code" {
		t.Errorf("got %+v, %v", o, err)
	}
}
