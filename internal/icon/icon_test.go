package icon_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/icon"
)

// draw returns what is made of a picture.
func draw(t *testing.T, body []byte) icon.Drawn {
	t.Helper()
	drawn, err := icon.NewDrawer().Draw(t.Context(), body)
	must(t, err)
	return drawn
}

// refused returns what is said of a picture of which nothing is made.
func refused(t *testing.T, body []byte) string {
	t.Helper()
	_, err := icon.NewDrawer().Draw(t.Context(), body)
	faults, ok := errors.AsType[dialtone.FieldErrors](err)
	if !ok || len(faults) != 1 || faults[0].Field != "icon" {
		t.Fatalf("%v is not about the icon", err)
	}
	return faults[0].Problem
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// picture is red on its left half and blue on its right.
func picture(width, height int) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.NRGBA{R: 255, A: 255}
			if x >= width/2 {
				c = color.NRGBA{B: 255, A: 255}
			}
			p.Set(x, y, c)
		}
	}
	return p
}

func encodePNG(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, p))
	return b.Bytes()
}

func encodeJPEG(t *testing.T, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, p, nil))
	return b.Bytes()
}

func decode(t *testing.T, a icon.Drawn) image.Image {
	t.Helper()
	p, format, err := image.Decode(bytes.NewReader(a.Body))
	must(t, err)
	if "image/"+format != a.MediaType {
		t.Errorf("media type %s of a %s", a.MediaType, format)
	}
	return p
}

func TestAnIconIsScaledDownInItsProportions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ width, height, wantWidth, wantHeight int }{
		{2048, 1024, 256, 128}, {300, 600, 128, 256}, {256, 256, 256, 256}, {16, 8, 16, 8}, {1000, 1, 256, 1},
	} {
		for _, encode := range []func(*testing.T, image.Image) []byte{encodePNG, encodeJPEG} {
			p := decode(t, draw(t, encode(t, picture(c.width, c.height))))
			if got := p.Bounds().Size(); got != image.Pt(c.wantWidth, c.wantHeight) {
				t.Errorf("%d × %d became %v", c.width, c.height, got)
			}
			if !reddish(p.At(1, 0)) || reddish(p.At(c.wantWidth-2, 0)) {
				t.Errorf("%d × %d: the colours are not where they were", c.width, c.height)
			}
		}
	}
}

func reddish(c color.Color) bool {
	r, _, b, _ := c.RGBA()
	return r > b
}

func TestTransparencyStays(t *testing.T) {
	t.Parallel()
	p := image.NewNRGBA(image.Rect(0, 0, 512, 512))
	p.SetNRGBA(0, 0, color.NRGBA{R: 255, A: 255})
	if _, _, _, a := decode(t, draw(t, encodePNG(t, p))).At(128, 128).RGBA(); a != 0 {
		t.Errorf("alpha %d where nothing is", a)
	}
}

// exif is a segment of metadata with an orientation and a note of where the photo was taken.
func exif(orientation uint16, order binary.AppendByteOrder, mark string) []byte {
	tiff := []byte(mark)
	tiff = order.AppendUint16(tiff, 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3)
	tiff = order.AppendUint16(order.AppendUint16(order.AppendUint32(tiff, 1), orientation), 0)
	tiff = append(order.AppendUint32(tiff, 0), "GPS 59.3293 N 18.0686 E"...)
	payload := append([]byte("Exif\x00\x00"), tiff...)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(payload)+2)), payload...)
}

func TestMetadataIsLeftBehind(t *testing.T) {
	t.Parallel()
	plain := encodeJPEG(t, picture(64, 64))
	photo := append(append(bytes.Clone(plain[:2]), exif(1, binary.BigEndian, "MM")...), plain[2:]...)
	graphic := encodePNG(t, picture(64, 64))
	note := append([]byte("tEXt"), "Comment\x00GPS 59.3293 N 18.0686 E"...)
	chunk := append(binary.BigEndian.AppendUint32(nil, uint32(len(note)-4)), note...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(note))
	const afterHeader = 8 + 25
	graphic = append(append(bytes.Clone(graphic[:afterHeader]), chunk...), graphic[afterHeader:]...)
	for name, body := range map[string][]byte{"photo": photo, "graphic": graphic, "with a tail": append(bytes.Clone(plain), "<script>GPS"...)} {
		if !bytes.Contains(body, []byte("GPS")) {
			t.Fatalf("the %s has no metadata", name)
		}
		if kept := draw(t, body); bytes.Contains(kept.Body, []byte("GPS")) || bytes.Contains(kept.Body, []byte("Exif")) {
			t.Errorf("%s: the metadata is kept", name)
		}
	}
}

func TestAPhotoStandsUpright(t *testing.T) {
	t.Parallel()
	// The first pixel of what the camera wrote is red; where it is when it is looked at, by EXIF orientation (EXIF 2.32 §4.6.4).
	photo := picture(64, 32)
	for y := 16; y < 32; y++ {
		for x := range 32 {
			photo.SetNRGBA(x, y, color.NRGBA{B: 255, A: 255})
		}
	}
	plain := encodeJPEG(t, photo)
	for orientation, red := range map[uint16]string{
		1: "top left", 2: "top right", 3: "bottom right", 4: "bottom left", 5: "top left", 6: "top right", 7: "bottom right", 8: "bottom left",
		0: "top left", 9: "top left",
	} {
		for mark, order := range map[string]binary.AppendByteOrder{"MM": binary.BigEndian, "II": binary.LittleEndian} {
			p := decode(t, draw(t, append(append(bytes.Clone(plain[:2]), exif(orientation, order, mark)...), plain[2:]...)))
			right, down := p.Bounds().Dx()-3, p.Bounds().Dy()-3
			for corner, at := range map[string]image.Point{"top left": {2, 2}, "top right": {right, 2}, "bottom left": {2, down}, "bottom right": {right, down}} {
				if (corner == red) != reddish(p.At(at.X, at.Y)) {
					t.Errorf("orientation %d (%s): the colour at the %s is wrong", orientation, mark, corner)
				}
			}
			if high := right < down; high != (orientation >= 5 && orientation <= 8) {
				t.Errorf("orientation %d: %v", orientation, p.Bounds())
			}
		}
	}
}

func TestPicturesThatAreRefused(t *testing.T) {
	t.Parallel()
	noise := image.NewNRGBA(image.Rect(0, 0, 600, 600))
	for i := range noise.Pix {
		noise.Pix[i] = byte(rand.Uint32())
	}
	bomb := encodePNG(t, picture(8, 8))
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	gif, err := base64.StdEncoding.DecodeString("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
	must(t, err)
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"10 MB":          {bytes.Repeat([]byte("x"), 10<<20), "512 kB"},
		"10 MB of SVG":   {[]byte(`<svg xmlns="http://www.w3.org/2000/svg">` + strings.Repeat("<g/>", 10<<18) + "</svg>"), "512 kB"},
		"much noise":     {encodePNG(t, noise), "512 kB"},
		"too wide":       {encodePNG(t, image.NewGray(image.Rect(0, 0, 2049, 1))), "2049 × 1"},
		"too high":       {encodeJPEG(t, image.NewGray(image.Rect(0, 0, 1, 2049))), "1 × 2049"},
		"a bomb":         {bomb, "60000 × 60000"},
		"a broken PNG":   {encodePNG(t, picture(64, 64))[:80], "damaged"},
		"a broken JPEG":  {encodeJPEG(t, picture(64, 64))[:80], "damaged"},
		"a GIF":          {gif, "PNG, JPEG or SVG"},
		"words":          {[]byte("hello"), "PNG, JPEG or SVG"},
		"HTML":           {[]byte("<!DOCTYPE html><script>alert(1)</script>"), "DOCTYPE"},
		"a PNG in name":  {[]byte("\x89PNG\r\n\x1a\n<svg/>"), "damaged"},
		"a JPEG in name": {[]byte("\xff\xd8\xff<svg/>"), "damaged"},
		"a broken EXIF":  {append([]byte("\xff\xd8\xff\xe1\xff\xffExif\x00\x00"), 1, 2), "damaged"},
	} {
		if problem := refused(t, c.body); !strings.Contains(problem, c.says) {
			t.Errorf("%s: %q does not say %q", name, problem, c.says)
		}
	}
}
