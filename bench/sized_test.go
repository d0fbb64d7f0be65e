package main

import (
	"slices"
	"testing"
)

func TestSizesAreRead(t *testing.T) {
	for text, want := range map[string]int{"10m": 10_000_000, "1m": 1_000_000, "100k": 100_000, "20000": 20_000} {
		if got, err := parseSize(text); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "m", "-1m", "0", "1g", "10 m", "9999", "101m", "99999999999m", "1.5m"} {
		if got, err := parseSize(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func TestEachRequestIsSomebodyElses(t *testing.T) {
	v := &visitor{people: []*identity{{refresh: "a"}, {refresh: "b"}, {refresh: "c"}}}
	var seen []string
	note := operation{do: func(v *visitor) error {
		seen = append(seen, v.refresh)
		v.refresh += "'"
		return nil
	}}
	for range 4 {
		if err := asSomebody(note, 0).do(v); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"b", "c", "a", "b'"}; !slices.Equal(seen, want) {
		t.Errorf("random: got %q, want %q", seen, want)
	}
	seen = nil
	for range 3 {
		if err := asSomebody(note, 2).do(v); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a'", "b''", "a''"}; !slices.Equal(seen, want) {
		t.Errorf("hot: got %q, want %q", seen, want)
	}
}

func TestTheWorseOfHotAndRandomIsJudged(t *testing.T) {
	rates := make(map[string][][]float64)
	for _, name := range sizedOperations {
		rates[name] = [][]float64{{100, 95, 79}, {100, 95, 60}, {100, 95, 90}}
	}
	row := sizedRows(rates)[1]
	want := []string{"introspection", "100", "95", "79", "0.95", "0.95–0.95", "0.79", "0.60–0.90", "0.83", "≥ 0.80", "below"}
	if !slices.Equal(row, want) {
		t.Errorf("got %q, want %q", row, want)
	}
}
