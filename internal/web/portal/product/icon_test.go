package product_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/web/portal/product"
)

// picture is a PNG with so many pixels a side.
func picture(t *testing.T, side int) []byte {
	t.Helper()
	var body bytes.Buffer
	must(t, png.Encode(&body, image.NewRGBA(image.Rect(0, 0, side, side))))
	return body.Bytes()
}

// upload sends the form with an icon, as a browser does.
func (s *stage) upload(who person, productID string, icon []byte, buttons ...string) (answer, *bytes.Reader) {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("icon", "icon.png")
	must(s.t, err)
	_, err = part.Write(icon)
	must(s.t, err)
	for _, button := range buttons {
		must(s.t, form.WriteField(button, "yes"))
	}
	must(s.t, form.Close())
	sent := bytes.NewReader(body.Bytes())
	r := httptest.NewRequestWithContext(s.t.Context(), "POST", portal+"/products/"+productID+"/icon", sent)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return s.do(who, r), sent
}

func TestAnIconIsSavedShownAndRemoved(t *testing.T) {
	s := newStage(t)
	sent, _ := s.upload(s.developer, s.product.ID, picture(t, 300))
	s.see(s.follow(s.developer, sent), http.StatusOK, "The icon is saved.", "Remove the icon")
	p, _, err := s.Product(t.Context(), s.owner.actor, s.product.ID)
	must(t, err)
	shown := s.see(s.get(s.viewer, "/asset/"+p.IconID), http.StatusOK)
	if got := shown.header.Get("Content-Type"); got != "image/png" {
		t.Errorf("the icon is %s", got)
	}
	removed, _ := s.upload(s.developer, s.product.ID, nil, "remove")
	s.lacks(s.see(s.follow(s.developer, removed), http.StatusOK, "The icon is removed."), "Remove the icon")
	s.see(s.get(s.viewer, "/asset/none"), http.StatusNotFound)
}

func TestIconsThatAreRefused(t *testing.T) {
	s := newStage(t)
	for _, c := range []struct {
		name   string
		icon   []byte
		status int
		says   string
	}{
		{"none", nil, http.StatusUnprocessableEntity, "Choose a file first"},
		{"a text", []byte("hello"), http.StatusUnprocessableEntity, "Choose a PNG, JPEG or SVG file"},
		{"a script", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><script>alert(1)</script></svg>`), http.StatusUnprocessableEntity, "script"},
		{"a little too large", bytes.Repeat([]byte("x"), 520<<10), http.StatusRequestEntityTooLarge, "The file is too large. Choose one of at most 512 kB"},
		{"longer than the form may be", bytes.Repeat([]byte("x"), 700<<10), http.StatusRequestEntityTooLarge, "The file is too large"},
		{"10 MB", bytes.Repeat([]byte("x"), 10<<20), http.StatusRequestEntityTooLarge, "The file is too large"},
	} {
		got, left := s.upload(s.developer, s.product.ID, c.icon)
		s.see(got, c.status)
		if problem := got.document.problem("icon"); !strings.Contains(problem, c.says) {
			t.Errorf("%s: at the icon stands %q, want %q", c.name, problem, c.says)
		}
		// What a browser has not sent when the answer comes makes it show an error of its own.
		if unread, _ := io.Copy(io.Discard, left); unread > 0 {
			t.Errorf("%s: %d bytes were not read", c.name, unread)
		}
	}
	p, _, err := s.Product(t.Context(), s.owner.actor, s.product.ID)
	must(t, err)
	if p.IconID != "" {
		t.Error("a refused icon was saved")
	}
}

func TestTheDrainIsBounded(t *testing.T) {
	s := newStage(t)
	_, left := s.upload(s.developer, s.product.ID, bytes.Repeat([]byte("x"), product.MostIconDrained+product.MostIconForm+(1<<20)))
	if left.Len() == 0 {
		t.Error("an endless upload would be read to its end")
	}
}

func TestABrokenIconFormIsRefused(t *testing.T) {
	s := newStage(t)
	r := httptest.NewRequestWithContext(t.Context(), "POST", portal+"/products/"+s.product.ID+"/icon", strings.NewReader("icon=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	s.see(s.do(s.developer, r), http.StatusBadRequest)
}
