package api

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type icons interface {
	// SetIcon stores the picture in a harmless form; no body removes the icon.
	SetIcon(ctx context.Context, actor dialtone.Actor, productID string, body []byte, now time.Time) (dialtone.Product, error)
}

// maxIcon is the largest picture that is read, in bytes: a little more than internal/icon takes, whose words about it are better.
const maxIcon = 513 << 10

func (a *API) iconOperations() {
	register(a, operation{
		id: "set-icon", method: http.MethodPut, path: "/products/{product_id}/icon", tag: tagProducts,
		summary: "Set the icon",
		description: "The body is the picture: PNG or JPEG up to 512 KiB and 2048 pixels a side, which is stored as 256 × 256 pixels, or SVG, from which " +
			"whatever could act is refused. The content decides what it is, not the header.",
		right: catalog.WriteProducts, status: http.StatusOK, problems: []Kind{kindNotFound},
		pictures: []string{"image/png", "image/jpeg", "image/svg+xml"}, example: example{file: "icon.png"},
	}, a.setIcon)
	register(a, operation{
		id: "remove-icon", method: http.MethodDelete, path: "/products/{product_id}/icon", tag: tagProducts,
		summary: "Remove the icon", description: "Subscribers then see the first letter of the name.",
		right: catalog.WriteProducts, status: http.StatusOK, problems: []Kind{kindNotFound},
	}, a.removeIcon)
}

type setIconRequest struct {
	ProductPath
	RawBody []byte `contentType:"image/png"`
}

func (a *API) setIcon(ctx context.Context, v *visit, in *setIconRequest) (*productAnswer, error) {
	return answerProduct(a.Catalog.SetIcon(ctx, v.actor, in.ProductID, in.RawBody, v.now))
}

func (a *API) removeIcon(ctx context.Context, v *visit, in *ProductPath) (*productAnswer, error) {
	return answerProduct(a.Catalog.SetIcon(ctx, v.actor, in.ProductID, nil, v.now))
}
