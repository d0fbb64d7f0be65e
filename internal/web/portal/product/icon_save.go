package product

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/icon"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

const (
	// MostIconForm is the longest form with an icon, in bytes: the picture and what a browser puts around it.
	MostIconForm = 600 << 10
	// MostIconDrained is how much of a form that is too long is read and thrown away. A browser shows an answer only when it
	// has sent all it wanted: without this, somebody with a photo of 10 MB would read "connection reset". The listener must let
	// this much of a body through on this route.
	MostIconDrained = 16 << 20
)

// errIconTooLarge: the form is longer than MostIconForm, or the picture than the catalogue takes.
var errIconTooLarge = errors.New("icon too large")

// SaveIcon takes a picture for the product, or takes the product's picture away.
func (m *Room) SaveIcon(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	o, err := m.open(r, v)
	if err == nil {
		// Before 600 kB are read for nothing.
		err = m.Catalog.May(r.Context(), v.Actor, o.Product.OrganizationID, catalog.WriteProducts)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	upload, err := readIcon(w, r)
	switch {
	case errors.Is(err, errIconTooLarge):
		m.refuseIcon(w, v, o, http.StatusRequestEntityTooLarge, fmt.Sprintf(
			"The file is too large. Choose one of at most %d kB: a picture of 256 × 256 pixels is enough.", icon.MostBytes>>10))
		return
	case err != nil:
		m.Desk.Fail(w, r, v, fmt.Errorf("read icon: %w: %w", dialtone.ErrInvalid, err))
		return
	case !upload.remove && len(upload.body) == 0:
		m.refuseIcon(w, v, o, http.StatusUnprocessableEntity, "Choose a file first.")
		return
	}
	m.setIcon(w, r, v, o, upload)
}

func (m *Room) setIcon(w http.ResponseWriter, r *http.Request, v desk.Visit, o view, upload iconUpload) {
	done := "icon"
	if upload.remove {
		upload.body, done = nil, "icon_removed"
	}
	_, err := m.Catalog.SetIcon(r.Context(), v.Actor, o.Product.ID, upload.body, v.Now)
	if wrong, ok := errors.AsType[dialtone.FieldErrors](err); ok {
		m.refuseIcon(w, v, o, http.StatusUnprocessableEntity, wrong.Of("icon"))
		return
	}
	if _, ok := errors.AsType[*dialtone.BudgetError](err); ok {
		m.refuseIcon(w, v, o, http.StatusTooManyRequests, "Your organization has changed icons very often today. Try again tomorrow.")
		return
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	desk.See(w, "/products/"+o.Product.ID+"?done="+done)
}

// refuseIcon shows General with the problem at the icon.
func (m *Room) refuseIcon(w http.ResponseWriter, v desk.Visit, o view, status int, problem string) {
	shown := general(o, catalog.EditOf(o.Product))
	shown.IconProblem = problem
	m.pages.Render(w, v, status, shown)
}

// iconUpload is the form with the icon.
type iconUpload struct {
	body   []byte
	remove bool // the product's icon shall go
}

// readIcon reads the form, which comes in parts (RFC 7578), without writing a file. Error: errIconTooLarge.
func readIcon(w http.ResponseWriter, r *http.Request) (iconUpload, error) {
	whole := r.Body
	r.Body = http.MaxBytesReader(w, whole, MostIconForm)
	upload, err := readIconParts(r)
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong || errors.Is(err, errIconTooLarge) {
		_, _ = io.CopyN(io.Discard, whole, MostIconDrained) // whatever comes of it, the answer is the same
		return iconUpload{}, errIconTooLarge
	}
	return upload, err
}

func readIconParts(r *http.Request) (iconUpload, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return iconUpload{}, err
	}
	var upload iconUpload
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return upload, nil
		}
		if err != nil {
			return iconUpload{}, err
		}
		switch part.FormName() {
		case "remove":
			upload.remove = true
		case "icon":
			upload.body, err = io.ReadAll(io.LimitReader(part, icon.MostBytes+1))
		}
		if err != nil {
			return iconUpload{}, err
		}
		if len(upload.body) > icon.MostBytes {
			return iconUpload{}, errIconTooLarge
		}
	}
}
