package catalog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"time"

	"golang.org/x/image/draw"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type assetStore interface {
	PutAsset(ctx context.Context, a dialtone.Asset) error
}

const (
	// MostIconBytes is the size of the largest file that SetIcon takes. A face stops reading there and hands in one byte more.
	MostIconBytes = 512 << 10
	widestIcon    = 2048 // pixels, of what is brought
	iconSide      = 256  // pixels, of what is kept
	jpegQuality   = 90
	// dailyIcons of one organization: pictures that no product has any more stay in the database.
	dailyIcons = 100
	// decodedAtOnce bounds the memory: one picture may need 50 MB for a moment.
	decodedAtOnce = 2
)

// SetIcon gives the product a picture, or takes it away if body is empty. What is kept is never what was brought: a PNG or JPEG
// is decoded, scaled and encoded again, which leaves its metadata behind (the place where a photo was taken, for one), and of an
// SVG what is known to be harmless is written anew. Errors: dialtone.FieldErrors on icon; *dialtone.BudgetError; as Product.
func (c *Catalog) SetIcon(ctx context.Context, actor dialtone.Actor, productID string, body []byte, now time.Time) (dialtone.Product, error) {
	before, _, err := c.product(ctx, actor, productID, WriteProducts)
	if err != nil {
		return dialtone.Product{}, err
	}
	iconID, err := c.keepIcon(ctx, before.OrganizationID, body, now)
	if err != nil {
		return dialtone.Product{}, err
	}
	return c.changeIcon(ctx, actor, before, iconID, now)
}

// keepIcon stores a picture and returns its id; empty for no picture.
func (c *Catalog) keepIcon(ctx context.Context, organizationID string, body []byte, now time.Time) (string, error) {
	if len(body) == 0 {
		return "", nil
	}
	icon, err := c.drawIcon(ctx, body)
	if err != nil {
		return "", err
	}
	if err := c.store.Spend(ctx, daily("icons:"+organizationID, dailyIcons), now); err != nil {
		return "", fmt.Errorf("set icon: %w", err)
	}
	if err := c.store.PutAsset(ctx, icon); err != nil {
		return "", fmt.Errorf("set icon: %w", err)
	}
	return icon.ID, nil
}

// changeIcon writes the icon's id. A picture contradicts no other edit, so it is written over whatever was saved meanwhile.
func (c *Catalog) changeIcon(
	ctx context.Context, actor dialtone.Actor, before dialtone.Product, iconID string, now time.Time,
) (dialtone.Product, error) {
	for {
		after := before
		after.IconID = iconID
		saved, err := c.saveProduct(ctx, actor, productChange{before: before, after: after, seen: before.Updated, action: "product.icon"}, now)
		var conflict *dialtone.ConflictError
		if !errors.As(err, &conflict) || ctx.Err() != nil {
			return saved, err
		}
		current, ok := conflict.Current.(dialtone.Product)
		if !ok {
			return saved, err
		}
		before = current
	}
}

func iconFault(problem string) error {
	return dialtone.FieldErrors{{Field: "icon", Problem: problem}}
}

// drawIcon makes of a file what is kept of it.
func (c *Catalog) drawIcon(ctx context.Context, body []byte) (dialtone.Asset, error) {
	if len(body) > MostIconBytes {
		return dialtone.Asset{}, iconFault("The file is too large. Choose one of at most 512 kB.")
	}
	var drawn []byte
	var err error
	mediaType := pictureType(body)
	switch mediaType {
	case "image/svg+xml":
		drawn, err = cleanSVG(body)
	case "image/png", "image/jpeg":
		drawn, err = c.redraw(ctx, body, mediaType)
	default:
		err = iconFault("This is no picture that can be shown. Choose a PNG, JPEG or SVG file.")
	}
	if err != nil {
		return dialtone.Asset{}, err
	}
	sum := sha256.Sum256(drawn)
	return dialtone.Asset{ID: hex.EncodeToString(sum[:]), MediaType: mediaType, Body: drawn}, nil
}

// pictureType looks at the first bytes: what the browser says of a file is the file's name in other words.
func pictureType(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(body, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(body, byteOrderMark)), []byte("<")):
		return "image/svg+xml"
	}
	return ""
}

// redraw decodes a picture, turns it as its camera says, scales it down and encodes it again.
func (c *Catalog) redraw(ctx context.Context, body []byte, mediaType string) ([]byte, error) {
	// The size is read before the pixels are: a file of some bytes can say that it is 60,000 pixels wide and fill the memory.
	config, _, err := image.DecodeConfig(bytes.NewReader(body))
	switch {
	case err != nil:
		return nil, iconFault("The picture is damaged. Save it again as PNG or JPEG.")
	case config.Width > widestIcon || config.Height > widestIcon:
		return nil, iconFault(fmt.Sprintf("The picture has %d × %d pixels. Choose one of at most %d × %d.", config.Width, config.Height, widestIcon, widestIcon))
	case config.Width < 1 || config.Height < 1:
		return nil, iconFault("The picture is empty. Choose another one.")
	}
	select {
	case c.decoding <- struct{}{}:
		defer func() { <-c.decoding }()
	case <-ctx.Done():
		return nil, fmt.Errorf("set icon: %w", ctx.Err())
	}
	picture, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, iconFault("The picture is damaged. Save it again as PNG or JPEG.")
	}
	small := scaleDown(picture)
	var out bytes.Buffer
	if mediaType == "image/jpeg" {
		err = jpeg.Encode(&out, turn(small, orientation(body)), &jpeg.Options{Quality: jpegQuality})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	}
	if err != nil {
		return nil, fmt.Errorf("set icon: %w", err)
	}
	return out.Bytes(), nil
}

// scaleDown fits a picture into the square of an icon, in its own proportions. A smaller one stays as large as it is.
func scaleDown(picture image.Image) *image.RGBA {
	size := picture.Bounds().Size()
	width, height := size.X, size.Y
	if longest := max(width, height); longest > iconSide {
		width, height = max(1, width*iconSide/longest), max(1, height*iconSide/longest)
	}
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	return small
}
