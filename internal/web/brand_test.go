package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

// every returns colours from all over sRGB.
func every() []colour {
	var all []colour
	levels := []float64{0, 32, 64, 96, 118, 128, 160, 192, 224, 255}
	for _, r := range levels {
		for _, g := range levels {
			for _, b := range levels {
				all = append(all, colour{r, g, b})
			}
		}
	}
	return all
}

func TestEveryBrandColourStaysReadable(t *testing.T) {
	t.Parallel()
	for _, brand := range every() {
		sheet := string(brandStylesheet(strings.TrimPrefix(brand.String(), "#")))
		light, dark, found := strings.Cut(sheet, "@media screen and (prefers-color-scheme:dark)")
		if !found {
			t.Fatalf("the stylesheet of %v has no dark part:\n%s", brand, sheet)
		}
		if got := property(t, light, "band"); got != brand {
			t.Errorf("the band of %v is %v", brand, got)
		}
		if got := contrast(brand, property(t, light, "on-band")); got < 4.5 {
			t.Errorf("%v: text on the band has a contrast of %.2f", brand, got)
		}
		for ground, part := range map[colour]string{lightGround: light, darkGround: dark} {
			fill := property(t, part, "brand")
			if got := contrast(fill, property(t, part, "on-brand")); got < 4.5 {
				t.Errorf("%v: text on a button has a contrast of %.2f", brand, got)
			}
			if got := contrast(property(t, part, "brand-ink"), ground); got < 4.5 {
				t.Errorf("%v on %v: text in the brand colour has a contrast of %.2f", brand, ground, got)
			}
			if got := contrast(property(t, part, "brand-edge"), ground); got < 3 {
				t.Errorf("%v on %v: the edge of a button has a contrast of %.2f", brand, ground, got)
			}
		}
	}
}

func TestShellDeclaresTheGroundsThatBrandsAreMeasuredAgainst(t *testing.T) {
	t.Parallel()
	sheet, err := fs.ReadFile(shell, "static/shell.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(sheet), "@media screen and (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("shell.css has no dark part")
	}
	if got := property(t, light, "page"); got != lightGround {
		t.Errorf("the light page is %v, brand.go says %v", got, lightGround)
	}
	if got := property(t, dark, "surface"); got != darkGround {
		t.Errorf("the dark surface is %v, brand.go says %v", got, darkGround)
	}
	for _, name := range []string{"ink", "quiet", "bad", "good"} {
		if got := contrast(property(t, light, name), lightGround); got < 4.5 {
			t.Errorf("light --%s has a contrast of %.2f", name, got)
		}
		if got := contrast(property(t, dark, name), darkGround); got < 4.5 {
			t.Errorf("dark --%s has a contrast of %.2f", name, got)
		}
		if name == "bad" || name == "good" {
			for part, scheme := range map[string]string{light: "light", dark: "dark"} {
				if got := contrast(property(t, part, name), property(t, part, name+"-tint")); got < 4.5 {
					t.Errorf("%s --%s on its tint has a contrast of %.2f", scheme, name, got)
				}
			}
		}
	}
}

func TestDarkBrandKeepsItsHueOnDarkGround(t *testing.T) {
	t.Parallel()
	navy := colour{0x0a, 0x1a, 0x5c}
	seen := navy.until(edgeContrast, darkGround, colour.lighter)
	if seen.b < 200 || seen.r > seen.b/2 {
		t.Errorf("navy becomes %v, want a clear blue", seen)
	}
}

// property reads a custom property that is a colour.
func property(t *testing.T, sheet, name string) colour {
	t.Helper()
	match := regexp.MustCompile(`--` + name + `: ?#([0-9a-f]{3,6})\b`).FindStringSubmatch(sheet)
	if match == nil {
		t.Fatalf("--%s is not set", name)
	}
	digits := match[1]
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	return parseColour(digits)
}
