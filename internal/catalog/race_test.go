package catalog_test

import (
	"errors"
	"fmt"
	"image"
	"sync"
	"testing"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// atOnce runs do several times at the same time and returns the errors.
func atOnce(do func(i int) error) []error {
	const times = 6
	errs := make([]error, times)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() {
			<-start
			errs[i] = do(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

func TestOfManyWhoSaveAtOnceOneIsFirstAndTheOthersAreTold(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for what, do := range map[string]func(int) error{
		"product": func(i int) error {
			_, err := s.SaveProduct(t.Context(), s.developer, s.product.ID, catalog.ProductEdit{Name: fmt.Sprint("Weather ", i)}, s.product.Updated, now)
			return err
		},
		"client": func(i int) error {
			edit := webServer()
			edit.Description = fmt.Sprint("web server ", i)
			_, err := s.SaveClient(t.Context(), s.developer, s.client.ID, edit, s.client.Updated, now)
			return err
		},
	} {
		saved := 0
		for _, err := range atOnce(do) {
			var conflict *dialtone.ConflictError
			switch {
			case err == nil:
				saved++
			case !errors.As(err, &conflict) || conflict.Current == nil:
				t.Errorf("%s: got %v, want *ConflictError", what, err)
			}
		}
		if saved != 1 {
			t.Errorf("%s: %d were saved, want one", what, saved)
		}
	}
}

func TestIconsAndOffersAtOnceAllSucceed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	body := make([][]byte, 6)
	for i := range body {
		body[i] = encodePNG(t, image.NewGray(image.Rect(0, 0, 2+i, 2)))
	}
	for _, err := range atOnce(func(i int) error {
		_, err := s.SetIcon(t.Context(), s.developer, s.product.ID, body[i], now)
		return err
	}) {
		must(t, err)
	}
	for _, err := range atOnce(func(int) error {
		l, err := s.Offer(t.Context(), s.developer, s.product.ID, "sandbox", now)
		if err == nil && l.State != dialtone.ListingEnabled {
			err = fmt.Errorf("state %q", l.State)
		}
		return err
	}) {
		must(t, err)
	}
	offers := 0
	for _, line := range s.log(t) {
		if line.Action == "listing.offer" {
			offers++
		}
	}
	if offers != 1 {
		t.Errorf("%d offers are in the log, want one", offers)
	}
}

func TestOfTwoOwnersWhoLeaveAtOnceOneStays(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	must(t, s.ChangeRole(t.Context(), s.owner, s.organization.ID, s.developer.AccountID, dialtone.RoleOwner, now))
	owners := []dialtone.Actor{s.owner, s.developer}
	for _, err := range atOnce(func(i int) error {
		who := owners[i%2]
		return s.RemoveMember(t.Context(), who, s.organization.ID, who.AccountID, now)
	}) {
		var last *catalog.LastOwnerError
		if err != nil && !errors.As(err, &last) && !errors.Is(err, dialtone.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	}
	members, err := s.db.Members(t.Context(), s.organization.ID)
	must(t, err)
	left := 0
	for _, m := range members {
		if m.Role == dialtone.RoleOwner {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d owners are left, want one", left)
	}
}
