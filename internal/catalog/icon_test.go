package catalog_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func encodePNG(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, p))
	return b.Bytes()
}

func TestNothingIsSavedOfAPictureThatIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, err := s.SetIcon(t.Context(), s.developer, s.product.ID, []byte("hello"), now)
	wrong(t, err, "icon")
	if p, _, err := s.Product(t.Context(), s.viewer, s.product.ID); err != nil || p.IconID != "" || !p.Updated.Equal(s.product.Updated) {
		t.Errorf("something was saved: %+v, %v", p, err)
	}
}

func TestWhoMaySetAnIconAndWhatItChanges(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	body := encodePNG(t, image.NewGray(image.Rect(0, 0, 8, 8)))
	_, err := s.SetIcon(t.Context(), s.viewer, s.product.ID, body, now)
	fails(t, "a viewer", err, dialtone.ErrForbidden)
	_, err = s.SetIcon(t.Context(), s.developer, s.foreign.ID, body, now)
	fails(t, "of another organization", err, dialtone.ErrNotFound)

	set := get(s.SetIcon(t.Context(), s.developer, s.product.ID, body, now))(t)
	if set.ConsentVersion != s.product.ConsentVersion || set.IconID == "" || !set.Updated.After(s.product.Updated) {
		t.Errorf("got %+v", set)
	}
	if again := get(s.SetIcon(t.Context(), s.developer, s.product.ID, body, now.Add(time.Hour)))(t); !again.Updated.Equal(set.Updated) {
		t.Error("the same picture again is a change")
	}
	if kept := get(s.db.Asset(t.Context(), set.IconID))(t); kept.MediaType != "image/png" || bytes.Equal(kept.Body, body) {
		t.Errorf("kept as %s, as it came: %t", kept.MediaType, bytes.Equal(kept.Body, body))
	}
	if r := get(s.Registration(t.Context(), s.client.ID))(t); r.Product.IconID != set.IconID {
		t.Error("subscribers do not see it")
	}
	_, err = s.SaveProduct(t.Context(), s.developer, s.product.ID, catalog.EditOf(s.product), s.product.Updated, now)
	fails(t, "a form from before", err, dialtone.ErrConflict)
	if removed := get(s.SetIcon(t.Context(), s.developer, s.product.ID, nil, now))(t); removed.IconID != "" {
		t.Error("the icon is still there")
	}
	s.logged(t, s.developer, "product.icon")
}

func TestIconsPerDayAreLimited(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var err error
	set := 0
	for ; set < 200 && err == nil; set++ {
		_, err = s.SetIcon(t.Context(), s.developer, s.product.ID, encodePNG(t, image.NewGray(image.Rect(0, 0, 2+set, 2))), now)
	}
	var spent *dialtone.BudgetError
	if !errors.As(err, &spent) || set < 50 {
		t.Errorf("after %d: %v", set, err)
	}
}
