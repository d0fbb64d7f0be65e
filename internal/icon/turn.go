package icon

import (
	"bytes"
	"encoding/binary"
	"image"
)

// orientation returns how a JPEG's camera was held: 1 to 8 as EXIF 2.32 §4.6.4 counts, 1 for upright or unknown. It is the only
// thing that is read of the metadata, because the pixels mean nothing without it.
func orientation(body []byte) int {
	const startOfScan, app1, header = 0xda, 0xe1, 4
	for at := 2; at+header <= len(body) && body[at] == 0xff && body[at+1] != startOfScan; {
		length := int(binary.BigEndian.Uint16(body[at+2:]))
		if length < 2 || at+2+length > len(body) {
			return 1
		}
		if tiff, ok := bytes.CutPrefix(body[at+header:at+2+length], []byte("Exif\x00\x00")); ok && body[at+1] == app1 {
			return tiffOrientation(tiff)
		}
		at += 2 + length
	}
	return 1
}

func tiffOrientation(tiff []byte) int {
	const entryLength, tag, short = 12, 0x0112, 3
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	first := int64(order.Uint32(tiff[4:]))
	if first+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[first+2:]
	for range order.Uint16(tiff[first:]) {
		if len(entries) < entryLength {
			return 1
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if value := int(order.Uint16(entries[8:])); value >= 1 && value <= 8 {
				return value
			}
			return 1
		}
		entries = entries[entryLength:]
	}
	return 1
}

// turn returns the picture upright.
func turn(picture *image.RGBA, orientation int) *image.RGBA {
	if orientation == 1 {
		return picture
	}
	size := picture.Bounds().Size()
	width, height := size.X, size.Y
	if orientation >= 5 {
		width, height = height, width
	}
	upright := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range size.Y {
		for x := range size.X {
			right, down := size.X-1-x, size.Y-1-y
			to := [...]image.Point{{x, y}, {right, y}, {right, down}, {x, down}, {y, x}, {down, x}, {down, right}, {y, right}}[orientation-1]
			upright.SetRGBA(to.X, to.Y, picture.RGBAAt(x, y))
		}
	}
	return upright
}
