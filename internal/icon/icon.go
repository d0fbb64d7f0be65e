// Package icon makes of a picture that a developer brought what subscribers are shown. What it gives is never what was brought: a PNG or
// JPEG is decoded, scaled and encoded again, which leaves its metadata behind (the place where a photo was taken, for one), and of an
// SVG what is known to be harmless is written anew. It knows pictures, and nothing of products.
//
//	Drawer.Draw ──▶ PNG, JPEG: icon.go, turn.go
//	           └──▶ SVG: svg.go, svg_attribute.go, svg_weight.go
package icon

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const (
	// MostBytes is the size of the largest file that Draw takes. A face stops reading there and hands in one byte more.
	MostBytes   = 512 << 10
	widest      = 2048 // pixels, of what is brought
	side        = 256  // pixels, of what is given
	jpegQuality = 90
	// decodedAtOnce bounds the memory: one picture may need 50 MB for a moment.
	decodedAtOnce = 2
)

// Drawer draws icons. It is safe for concurrent use, and draws two at once at most.
type Drawer struct {
	decoding chan struct{} // holds one thing for each picture that is being decoded
}

// NewDrawer returns a drawer.
func NewDrawer() *Drawer { return &Drawer{decoding: make(chan struct{}, decodedAtOnce)} }

// Drawn is what subscribers are shown.
type Drawn struct {
	MediaType string
	Body      []byte
}

func fault(problem string) error {
	return dialtone.FieldErrors{{Field: "icon", Problem: problem}}
}

// Draw makes an icon of a file. Errors: dialtone.FieldErrors on icon, with what is wrong with the file; the context's.
func (d *Drawer) Draw(ctx context.Context, body []byte) (Drawn, error) {
	if len(body) > MostBytes {
		return Drawn{}, fault("The file is too large. Choose one of at most 512 kB.")
	}
	var drawn []byte
	var err error
	mediaType := pictureType(body)
	switch mediaType {
	case "image/svg+xml":
		drawn, err = cleanSVG(body)
	case "image/png", "image/jpeg":
		drawn, err = d.redraw(ctx, body, mediaType)
	default:
		err = fault("This is no picture that can be shown. Choose a PNG, JPEG or SVG file.")
	}
	if err != nil {
		return Drawn{}, err
	}
	return Drawn{MediaType: mediaType, Body: drawn}, nil
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
func (d *Drawer) redraw(ctx context.Context, body []byte, mediaType string) ([]byte, error) {
	// The size is read before the pixels are: a file of some bytes can say that it is 60,000 pixels wide and fill the memory.
	config, _, err := image.DecodeConfig(bytes.NewReader(body))
	switch {
	case err != nil:
		return nil, fault("The picture is damaged. Save it again as PNG or JPEG.")
	case config.Width > widest || config.Height > widest:
		return nil, fault(fmt.Sprintf("The picture has %d × %d pixels. Choose one of at most %d × %d.", config.Width, config.Height, widest, widest))
	case config.Width < 1 || config.Height < 1:
		return nil, fault("The picture is empty. Choose another one.")
	}
	select {
	case d.decoding <- struct{}{}:
		defer func() { <-d.decoding }()
	case <-ctx.Done():
		return nil, fmt.Errorf("draw icon: %w", ctx.Err())
	}
	picture, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return nil, fault("The picture is damaged. Save it again as PNG or JPEG.")
	}
	small := scaleDown(picture)
	var out bytes.Buffer
	if mediaType == "image/jpeg" {
		err = jpeg.Encode(&out, turn(small, orientation(body)), &jpeg.Options{Quality: jpegQuality})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	}
	if err != nil {
		return nil, fmt.Errorf("draw icon: %w", err)
	}
	return out.Bytes(), nil
}

// scaleDown fits a picture into the square of an icon, in its own proportions. A smaller one stays as large as it is.
func scaleDown(picture image.Image) *image.RGBA {
	size := picture.Bounds().Size()
	width, height := size.X, size.Y
	if longest := max(width, height); longest > side {
		width, height = max(1, width*side/longest), max(1, height*side/longest)
	}
	small := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(small, small.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	return small
}
