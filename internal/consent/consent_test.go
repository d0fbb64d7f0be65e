package consent_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/consent"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

// book is a book on the database whose counts nobody reads.
func book(db *store.DB) consent.Book {
	return consent.Book{Store: db, Traffic: traffic.New(db, slog.New(slog.DiscardHandler))}
}

// An answer to the whole page of storetest's app: openid and phone are required, sms.text:send is optional, and the product
// has terms.
func answer(p storetest.Person, ticked ...string) consent.Answer {
	return consent.Answer{
		Subscription: p.Subscription, Product: p.App.Product, ClientID: p.App.Client.ID, Before: p.Consent,
		Shown: []string{"openid", "phone", "sms.text:send"}, Seen: storetest.Now, Ticked: ticked, Language: "sv", Text: "Lägg till Weather", Terms: true,
	}
}

func TestGivingGrantsTheRequiredAndTheTicked(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	given, err := book(db).Give(t.Context(), answer(p, "sms.text:send", "invented"), storetest.Now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"openid", "phone", "sms.text:send"}, given.Scopes); diff != "" {
		t.Errorf("granted: %s", diff)
	}
	unticked := answer(p)
	unticked.Before = given
	if given, err = book(db).Give(t.Context(), unticked, storetest.Now.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(given.Scopes, []string{"openid", "phone"}) || !slices.Equal(given.Refused, []string{"sms.text:send"}) {
		t.Errorf("after unticking: granted %v, refused %v", given.Scopes, given.Refused)
	}
	history, err := db.ConsentHistory(t.Context(), p.Subscription.ID, p.App.Product.ID)
	if err != nil {
		t.Fatal(err)
	}
	last := history[len(history)-1]
	words := sha256.Sum256([]byte("Lägg till Weather"))
	if last.Kind != dialtone.ConsentUpdated || last.Language != "sv" || last.Version != p.App.Product.ConsentVersion ||
		last.TextHash != hex.EncodeToString(words[:]) || last.Actor != "subscriber" || last.Channel != dialtone.ChannelConsentPage {
		t.Errorf("the proof: %+v", last)
	}
}

func TestNothingIsGivenWithoutTheTerms(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	a := answer(p)
	a.Terms = false
	if _, err := book(db).Give(t.Context(), a, storetest.Now); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestNothingIsGivenWhenEverythingIsUnticked(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	a := answer(p)
	a.Shown, a.Before = []string{"sms.text:send"}, dialtone.Consent{}
	if _, err := book(db).Give(t.Context(), a, storetest.Now); !errors.Is(err, dialtone.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestABlockedLineGivesNothing(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	p.Subscription.Status = dialtone.SubscriptionBlocked
	if err := db.PutSubscription(t.Context(), p.Subscription, storetest.Now); err != nil {
		t.Fatal(err)
	}
	if _, err := book(db).Give(t.Context(), answer(p), storetest.Now); !errors.Is(err, dialtone.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
}

func TestRefusingKeepsWhatWasGrantedAndLeavesALine(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	if err := book(db).Refuse(t.Context(), answer(p), storetest.Now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	history, err := db.ConsentHistory(t.Context(), p.Subscription.ID, p.App.Product.ID)
	if err != nil {
		t.Fatal(err)
	}
	if last := history[len(history)-1]; last.Kind != dialtone.ConsentRefused {
		t.Errorf("the last line of the history is %q", last.Kind)
	}
	state, err := db.SessionState(t.Context(), p.Session.ID, p.App.Product.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(state.Consent.Scopes, p.Consent.Scopes) {
		t.Errorf("the consent is now %v", state.Consent.Scopes)
	}
}

func TestRevokingKillsGrantsOnce(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	grant := p.Grant()
	if err := db.RedeemCode(t.Context(), grant, storetest.Now); err != nil {
		t.Fatal(err)
	}
	removal := consent.Removal{
		OperatorID: p.App.Operator.ID, SubscriptionID: p.Subscription.ID, ProductID: p.App.Product.ID,
		Channel: dialtone.ChannelCare, Actor: "staff_1", Reason: "asked on the phone",
	}
	if err := book(db).Revoke(t.Context(), removal, storetest.Now); err != nil {
		t.Fatal(err)
	}
	state, err := db.GrantState(t.Context(), grant.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if state.Alive(storetest.Now) || state.Grant.RevokedReason != dialtone.RevokedConsent {
		t.Errorf("the grant lives on: %+v", state.Grant)
	}
	if err := book(db).Revoke(t.Context(), removal, storetest.Now); !errors.Is(err, dialtone.ErrNotFound) {
		t.Errorf("revoking again: %v, want ErrNotFound", err)
	}
}

// Whatever was granted and refused before: what Missing asks for and the person ticks is no longer missing afterwards, and
// a scope is asked for only if it was requested.
func TestWhatIsAnsweredIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	all := []string{"openid", "phone", "location", "sms.text:send"}
	product := dialtone.Product{ConsentVersion: 2, Scopes: []dialtone.ProductScope{
		{Name: "openid"}, {Name: "phone"}, {Name: "location", Optional: true}, {Name: "sms.text:send", Optional: true},
	}}
	subset := rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID)
	rapid.Check(t, func(t *rapid.T) {
		before := dialtone.Consent{
			ID: "co", Version: rapid.IntRange(1, 2).Draw(t, "version"), Scopes: subset.Draw(t, "granted"),
			Refused: rapid.SliceOfDistinct(rapid.SampledFrom(all[2:]), rapid.ID).Draw(t, "refused"),
		}
		requested := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 4, rapid.ID).Draw(t, "requested")
		missing := consent.Missing(before, product, requested)
		for _, scope := range missing {
			if !slices.Contains(requested, scope) {
				t.Fatalf("asks for %s, which was not requested", scope)
			}
		}
		after := dialtone.Consent{ID: "co", Version: 2, Scopes: slices.Concat(before.Scopes, missing), Refused: before.Refused}
		if again := consent.Missing(after, product, requested); len(again) > 0 {
			t.Fatalf("after %v was granted, %v is asked for again", missing, again)
		}
	})
}

func TestWhatIsGivenAndTakenBackIsCounted(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	recorder := traffic.New(db, slog.New(slog.DiscardHandler))
	book, now := consent.Book{Store: db, Traffic: recorder}, storetest.Now
	removal := consent.Removal{
		OperatorID: p.App.Operator.ID, SubscriptionID: p.Subscription.ID, ProductID: p.App.Product.ID, Channel: dialtone.ChannelCare, Actor: "staff",
	}
	refusedTerms, anew := answer(p), answer(p)
	refusedTerms.Terms, anew.Before, anew.Seen = false, dialtone.Consent{}, now.Add(time.Hour)
	var faults []error
	for _, do := range []func() error{
		func() error { _, err := book.Give(t.Context(), answer(p), now); return err }, // again: an update
		func() error { return book.Revoke(t.Context(), removal, now) },
		func() error { _, err := book.Give(t.Context(), anew, now.Add(time.Hour)); return err },
		func() error { return book.RevokeByLink(t.Context(), "rl_1", now.Add(2*time.Hour), removal, now) },
	} {
		faults = append(faults, do())
	}
	if err := errors.Join(faults...); err != nil {
		t.Fatal(err)
	}
	// What changes nothing counts for nothing.
	_, terms := book.Give(t.Context(), refusedTerms, now)
	for _, err := range []error{terms, book.Revoke(t.Context(), removal, now), book.RevokeByLink(t.Context(), "rl_1", now.Add(2*time.Hour), removal, now)} {
		if err == nil {
			t.Error("nothing was refused")
		}
	}
	if err := errors.Join(book.Refuse(t.Context(), answer(p), now), recorder.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
	tallies, err := db.Tallies(t.Context(), p.App.Product.ID, now.Add(-time.Hour), now.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[dialtone.TallyKind]int64)
	for _, tally := range tallies {
		if tally.OperatorID != p.App.Operator.ID {
			t.Errorf("counted at operator %q", tally.OperatorID)
		}
		got[tally.Kind] += tally.Count
	}
	want := map[dialtone.TallyKind]int64{dialtone.TallyConsentUpdated: 1, dialtone.TallyConsentRevoked: 2, dialtone.TallyConsentGranted: 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
