package web

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// The operator's colour reaches a page as a stylesheet of its own, /static/brand/{rrggbb}.css: the policy forbids style
// inside pages. Whatever the colour is, text on it and text in it stay readable (WCAG 2.2 §1.4.3, §1.4.11).

// defaultColour is used while no operator is known, or when it has no colour.
const defaultColour = "#1d4ed8"

// The backgrounds that shell.css sets, light and dark: the worse one for contrast of page and surface.
var (
	lightGround = colour{0xf3, 0xf4, 0xf6}
	darkGround  = colour{0x1b, 0x1f, 0x24}
	white       = colour{0xff, 0xff, 0xff}
	black       = colour{0, 0, 0}
)

// The contrasts that we keep to: of text, and of the edges of what can be pressed. A little more than WCAG's 4.5 and 3.
const (
	textContrast = 5
	edgeContrast = 3.1
)

var brandPath = regexp.MustCompile(`^/static/brand/([0-9a-f]{6})\.css$`)

// brandAddress returns the stylesheet of a colour "#rrggbb"; an empty one means the default.
func brandAddress(hex string) string {
	if hex == "" {
		hex = defaultColour
	}
	return "/static/brand/" + strings.ToLower(strings.TrimPrefix(hex, "#")) + ".css"
}

// brandColour returns the digits of the colour whose stylesheet the path names.
func brandColour(path string) (string, bool) {
	match := brandPath.FindStringSubmatch(path)
	if match == nil {
		return "", false
	}
	return match[1], true
}

// brandStylesheet sets the custom properties that depend on the brand, for light and dark: the band across the page is the
// very colour, all else goes by what can be seen. The digits are six hexadecimal ones.
func brandStylesheet(digits string) []byte {
	brand := parseColour(digits)
	var sheet bytes.Buffer
	fmt.Fprintf(&sheet, ":root{--band:%s;--on-band:%s;%s}\n", brand, brand.ink(), properties(brand, lightGround, colour.darker))
	// On dark ground a dark colour would vanish: it is made lighter until its shape can be seen.
	seen := brand.until(edgeContrast, darkGround, colour.lighter)
	fmt.Fprintf(&sheet, "@media screen and (prefers-color-scheme:dark){:root{%s}}\n", properties(seen, darkGround, colour.lighter))
	return sheet.Bytes()
}

// properties: the colour as a surface, text on it, text in it, the edge of a button in it, and a tint of the ground.
func properties(brand, ground colour, away func(colour, float64) colour) string {
	return fmt.Sprintf("--brand:%s;--on-brand:%s;--brand-ink:%s;--brand-edge:%s;--brand-tint:%s",
		brand, brand.ink(), brand.until(textContrast, ground, away), brand.until(edgeContrast, ground, away), ground.mix(brand, 0.12))
}

// colour is sRGB, each channel from 0 to 255.
type colour struct{ r, g, b float64 }

func parseColour(digits string) colour {
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		panic("web: not a colour: " + digits) // brandPath let it through
	}
	return colour{float64(n >> 16 & 0xff), float64(n >> 8 & 0xff), float64(n & 0xff)}
}

func (c colour) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c.r)), int(math.Round(c.g)), int(math.Round(c.b)))
}

// ink is the colour for text on c: at least 4.58 to 1, whatever c is.
func (c colour) ink() colour {
	if contrast(c, black) > contrast(c, white) {
		return black
	}
	return white
}

// mix returns c with a share of the other colour in it.
func (c colour) mix(other colour, share float64) colour {
	return colour{c.r + (other.r-c.r)*share, c.g + (other.g-c.g)*share, c.b + (other.b-c.b)*share}
}

// darker goes to black as the share goes from 0 to 1.
func (c colour) darker(share float64) colour { return c.mix(black, share) }

// lighter goes to white as the share goes from 0 to 1: first to the brightest colour of the same hue, so that navy becomes
// blue and not grey.
func (c colour) lighter(share float64) colour {
	most := max(c.r, c.g, c.b)
	if most == 0 {
		return c.mix(white, share)
	}
	bright := colour{c.r * 255 / most, c.g * 255 / most, c.b * 255 / most}
	if share < 0.5 {
		return c.mix(bright, 2*share)
	}
	return bright.mix(white, 2*share-1)
}

// until changes c as little as needed for the contrast against the ground.
func (c colour) until(wanted float64, ground colour, change func(colour, float64) colour) colour {
	const steps = 100
	for step := range steps {
		if changed := change(c, float64(step)/steps); contrast(changed, ground) >= wanted {
			return changed
		}
	}
	return change(c, 1)
}

// luminance is WCAG 2.2's relative luminance.
func (c colour) luminance() float64 {
	linear := func(channel float64) float64 {
		channel /= 255
		if channel <= 0.04045 {
			return channel / 12.92
		}
		return math.Pow((channel+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is WCAG 2.2's contrast ratio, from 1 to 21.
func contrast(a, b colour) float64 {
	lighter, darker := a.luminance(), b.luminance()
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}
