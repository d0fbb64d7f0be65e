package catalog_test

import (
	"errors"
	"image"
	"slices"
	"testing"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// completed fills in what an operator wants to see.
func (s *stage) completed(t *testing.T) {
	t.Helper()
	edit := catalog.ProductEdit{
		Name: "Weather", Subtitle: "Rain or shine", Description: "The weather, every day.", Price: "Free", TermsURL: "https://example.com/terms",
		PrivacyURL: "https://example.com/privacy", Support: "help@example.com",
	}
	p := get(s.SaveProduct(t.Context(), s.developer, s.product.ID, edit, s.product.Updated, now))(t)
	p = get(s.SetScopes(t.Context(), s.developer, p.ID, []dialtone.ProductScope{{Name: "openid"}}, p.Updated, now))(t)
	s.product = get(s.SetIcon(t.Context(), s.developer, p.ID, encodePNG(t, image.NewGray(image.Rect(0, 0, 8, 8))), now))(t)
}

// missing returns the names of what is not done.
func missing(items []catalog.ReadinessItem) []string {
	var names []string
	for _, item := range items {
		if !item.Done {
			names = append(names, item.Name)
		}
	}
	return names
}

func TestReadinessGoesItemByItem(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	items := get(s.Readiness(t.Context(), s.viewer, s.product.ID))(t)
	want := []string{"Subtitle", "Description", "Icon", "Price", "Terms", "Privacy policy", "Support", "Scopes"}
	if got := missing(items); !slices.Equal(got, want) {
		t.Errorf("missing %q, want %q", got, want)
	}
	for _, item := range items {
		if (item.Problem == "") != item.Done || !slices.Contains([]string{"general", "scopes", "clients"}, item.Tab) {
			t.Errorf("got %+v", item)
		}
	}
	s.completed(t)
	if got := missing(get(s.Readiness(t.Context(), s.viewer, s.product.ID))(t)); len(got) != 0 {
		t.Errorf("missing %q, want nothing", got)
	}
	must(t, s.RevokeSecret(t.Context(), s.developer, s.client.ID, s.client.Secrets[0].ID, now))
	if got := missing(get(s.Readiness(t.Context(), s.viewer, s.product.ID))(t)); !slices.Equal(got, []string{"Client"}) {
		t.Errorf("missing %q, want a client that can sign in", got)
	}
}

func TestTheSandboxTakesAProductAsItIs(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	if l := get(s.Offer(t.Context(), s.developer, s.product.ID, "sandbox", now))(t); l.State != dialtone.ListingEnabled {
		t.Errorf("got %+v, want it enabled", l)
	}
	if r := get(s.Registration(t.Context(), s.client.ID))(t); !r.EnabledAt("sandbox") {
		t.Error("subscribers of the sandbox cannot sign in")
	}
	s.logged(t, s.developer, "listing.offer")
	lines := len(s.log(t))
	get(s.Offer(t.Context(), s.owner, s.product.ID, "sandbox", now))(t)
	if len(s.log(t)) != lines {
		t.Error("offering what is enabled is in the log")
	}
}

func TestOperatorsTakeWhatIsComplete(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	for _, operator := range []string{"tundra", "fjord"} {
		_, err := s.Offer(ctx, s.developer, s.product.ID, operator, now)
		var incomplete *catalog.IncompleteError
		if !errors.As(err, &incomplete) || len(missing(incomplete.Items)) != 8 || !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: got %v, want eight things that are missing", operator, err)
		}
	}
	s.completed(t)
	for operator, want := range map[string]dialtone.ListingState{"tundra": dialtone.ListingOffered, "fjord": dialtone.ListingEnabled} {
		if l := get(s.Offer(ctx, s.developer, s.product.ID, operator, now))(t); l.State != want {
			t.Errorf("%s: %s, want %s", operator, l.State, want)
		}
	}
	_, err := s.Offer(ctx, s.developer, s.product.ID, "nobody", now)
	fails(t, "to nobody", err, dialtone.ErrNotFound)
	_, err = catalog.New(s.db, "sandbox").Offer(ctx, s.developer, s.product.ID, "sandbox", now)
	fails(t, "to a closed one", err, dialtone.ErrNotFound)
}

func TestStaffSeeWhatChangesAfterTheyApproved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	s.completed(t)
	for _, operator := range []string{"tundra", "fjord"} {
		get(s.Offer(ctx, s.developer, s.product.ID, operator, now))(t)
	}
	p := s.product
	save := func(change func(*catalog.ProductEdit)) {
		t.Helper()
		edit := catalog.EditOf(p)
		change(&edit)
		p = get(s.SaveProduct(ctx, s.developer, p.ID, edit, p.Updated, now))(t)
	}
	set := func(scopes ...dialtone.ProductScope) {
		t.Helper()
		p = get(s.SetScopes(ctx, s.developer, p.ID, scopes, p.Updated, now))(t)
	}
	openid, phone, maybe := dialtone.ProductScope{Name: "openid"}, dialtone.ProductScope{Name: "phone"}, dialtone.ProductScope{Name: "phone", Optional: true}

	save(func(e *catalog.ProductEdit) { e.Name = "Before approval" })
	must(t, s.List(ctx, dialtone.Listing{ProductID: p.ID, OperatorID: "tundra", State: dialtone.ListingEnabled, Reason: "welcome"}, "staff", now))
	save(func(e *catalog.ProductEdit) { e.Name = "Bank" })
	save(func(e *catalog.ProductEdit) { e.Subtitle = "Not about the name" })
	set(openid, maybe)
	set(openid, phone)
	set(openid, maybe) // asks for less
	set(openid)

	for _, l := range get(s.OperatorListings(ctx, s.viewer, p.ID, now))(t) {
		var reasons []string
		for _, change := range l.History {
			reasons = append(reasons, change.Listing.Reason)
		}
		var want []string
		switch l.Operator.ID {
		case "tundra":
			want = []string{"", "welcome", "changed by its developers: name", "changed by its developers: scopes", "changed by its developers: scopes"}
			if last := l.History[len(l.History)-1]; l.Listing.State != dialtone.ListingEnabled || l.Listing.Reason != "welcome" || last.Actor != s.developer.AccountID {
				t.Errorf("the listing is %+v, its last line %+v", l.Listing, last)
			}
		case "fjord":
			want = []string{""} // approves by itself
		}
		if !slices.Equal(reasons, want) {
			t.Errorf("%s: history %q, want %q", l.Operator.ID, reasons, want)
		}
	}
}

func TestWhatStaffDecidedStays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.completed(t)
	ctx := t.Context()
	decide := func(state dialtone.ListingState, reason string) {
		t.Helper()
		must(t, s.List(ctx, dialtone.Listing{ProductID: s.product.ID, OperatorID: "tundra", State: state, Reason: reason}, "staff", now))
	}
	get(s.Offer(ctx, s.developer, s.product.ID, "tundra", now))(t)
	decide(dialtone.ListingDeclined, "no such thing here")
	if l := get(s.Offer(ctx, s.developer, s.product.ID, "tundra", now))(t); l.State != dialtone.ListingOffered || l.Reason != "" {
		t.Errorf("offered again: %+v", l)
	}
	decide(dialtone.ListingSuspended, "complaints")
	_, err := s.Offer(ctx, s.developer, s.product.ID, "tundra", now)
	var suspended *catalog.SuspendedError
	if !errors.As(err, &suspended) || suspended.Listing.Reason != "complaints" || !errors.Is(err, dialtone.ErrConflict) {
		t.Errorf("got %v, want *SuspendedError with the reason", err)
	}
	list := get(s.OperatorListings(ctx, s.viewer, s.product.ID, now))(t)
	var history []dialtone.ListingState
	for _, l := range list {
		if l.Operator.ID != "tundra" {
			if l.Listing.State != "" || l.History != nil {
				t.Errorf("never offered to %s: %+v", l.Operator.ID, l)
			}
			continue
		}
		for _, change := range l.History {
			history = append(history, change.Listing.State)
		}
		if l.Listing.State != dialtone.ListingSuspended || l.History[0].Actor != s.developer.AccountID || l.History[1].Actor != "staff" {
			t.Errorf("got %+v", l)
		}
	}
	want := []dialtone.ListingState{dialtone.ListingOffered, dialtone.ListingDeclined, dialtone.ListingOffered, dialtone.ListingSuspended}
	if len(list) != 3 || !slices.Equal(history, want) {
		t.Errorf("%d operators, history %v, want %v", len(list), history, want)
	}
}
