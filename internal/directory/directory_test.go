package directory_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestTheLongestRangeNamesTheBrand(t *testing.T) {
	t.Parallel()
	operators := []dialtone.Operator{
		{ID: "wide", Ranges: []string{"+46", "+4570"}},
		{ID: "narrow", Ranges: []string{"+46701"}},
		{ID: "none"},
	}
	for number, want := range map[dialtone.PhoneNumber]string{"+46701740605": "narrow", "+46731740605": "wide", "+4570123456": "wide", "+4741234567": ""} {
		operator, ok := directory.OperatorByRange(operators, number)
		if operator.ID != want || ok != (want != "") {
			t.Errorf("%s: %q, %v; want %q", number.E164(), operator.ID, ok, want)
		}
	}
}

func TestTheSandboxNumbersAreThePublishedOnes(t *testing.T) {
	t.Parallel()
	numbers := directory.SandboxNumbers()
	if len(numbers) != 95+1000 || numbers[0] != "+46701740605" || numbers[94] != "+46701740699" || numbers[95] != "+447700900000" || numbers[1094] != "+447700900999" {
		t.Errorf("%d numbers, from %s to %s", len(numbers), numbers[0].E164(), numbers[len(numbers)-1].E164())
	}
	for _, number := range numbers {
		if read, err := directory.Read(number.E164(), ""); err != nil || read != (directory.Reading{Number: number}) || !directory.IsSandboxNumber(number) {
			t.Errorf("%s: %v", number.E164(), err)
		}
	}
	for _, number := range []dialtone.PhoneNumber{"+46701740604", "+46701740700", "+467017406050", "+44770090000", "+447700901000", "46701740605", ""} {
		if directory.IsSandboxNumber(number) {
			t.Errorf("%s may be somebody's", number.E164())
		}
	}
	if pin := directory.SandboxPIN("+46701740605"); pin != "740605" {
		t.Errorf("PIN %s", pin)
	}
}

func TestEveryInstallationHasTheSandboxOnce(t *testing.T) {
	t.Parallel()
	ctx, db := context.Background(), storetest.New(t)
	var nodes sync.WaitGroup
	for range 3 {
		nodes.Go(func() {
			if err := directory.EnsureSandbox(ctx, db, now); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
	before := make(map[dialtone.PhoneNumber]string)
	for _, number := range directory.SandboxNumbers() {
		line, err := directory.New(db).Lookup(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		if line.OperatorID != directory.SandboxOperatorID || line.FixedPIN != directory.SandboxPIN(number) || !line.Active() {
			t.Fatalf("line %+v", line)
		}
		before[number] = line.ID
	}
	operators, err := db.Operators(ctx)
	if err != nil || len(operators) != 1 || !operators[0].Sandbox || operators[0].Validate() != nil {
		t.Fatalf("operators %+v, error %v", operators, err)
	}

	ported := directory.SandboxNumbers()[0]
	if err := db.EndSubscription(ctx, before[ported], now); err != nil {
		t.Fatal(err)
	}
	if _, err := directory.New(db).Lookup(ctx, ported); !errors.Is(err, dialtone.ErrNotFound) {
		t.Errorf("a ported number: %v, want ErrNotFound", err)
	}
	if err := directory.EnsureSandbox(ctx, db, now); err != nil {
		t.Fatal(err)
	}
	for number, id := range before {
		line, err := db.SubscriptionByNumber(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		if (line.ID == id) == (number == ported) {
			t.Errorf("%s: line %s was %s", number, line.ID, id)
		}
	}
}

func TestALineIsFoundInEachOfItsWritings(t *testing.T) {
	t.Parallel()
	const active, blocked = dialtone.SubscriptionActive, dialtone.SubscriptionBlocked
	type lines map[dialtone.PhoneNumber]dialtone.SubscriptionStatus
	for name, test := range map[string]struct {
		lines lines
		asked dialtone.PhoneNumber
		want  string
	}{
		"as it is":                              {lines{"+541123456789": active}, "+541123456789", "+541123456789"},
		"today's":                               {lines{"+5491123456789": active}, "+541123456789", "+5491123456789"},
		"both are somebody's: as it was typed":  {lines{"+5491123456789": active, "+541123456789": active}, "+541123456789", "+541123456789"},
		"the one that was typed is blocked":     {lines{"+5491123456789": active, "+541123456789": blocked}, "+541123456789", "+5491123456789"},
		"a mobile is not looked for as fixed":   {lines{"+541123456789": active}, "+5491123456789", ""},
		"a list that kept the Mexican 1":        {lines{"+5215512345678": active}, "+525512345678", "+5215512345678"},
		"Mexican without 1":                     {lines{"+525512345678": active}, "+5215512345678", "+525512345678"},
		"Mexican with 1 in both":                {lines{"+5215512345678": active}, "+5215512345678", "+5215512345678"},
		"somebody else's":                       {lines{"+5491123456780": active}, "+541123456789", ""},
		"nobody's, in a country without change": {nil, "+46731234567", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, db := t.Context(), storetest.New(t)
			if err := directory.EnsureSandbox(ctx, db, now); err != nil {
				t.Fatal(err)
			}
			for number, status := range test.lines {
				line := dialtone.Subscription{
					ID: number.E164(), OperatorID: directory.SandboxOperatorID, PhoneNumber: number, Status: status, Created: now,
				}
				if err := db.PutSubscription(ctx, line, now); err != nil {
					t.Fatal(err)
				}
			}
			got, err := directory.New(db).Lookup(ctx, test.asked)
			if got.ID != test.want || (err != nil) != (test.want == "") || err != nil && !errors.Is(err, dialtone.ErrNotFound) {
				t.Errorf("%q, %v; want %q", got.ID, err, test.want)
			}
		})
	}
}
