package icon_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/icon"
)

func svgFiles(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "svg", folder, "*.svg"))
	if err != nil || len(names) == 0 {
		t.Fatalf("there is nothing in %s: %v", folder, err)
	}
	files := make(map[string][]byte, len(names))
	for _, name := range names {
		if files[filepath.Base(name)], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestAnSVGThatCouldDoHarmIsRefused(t *testing.T) {
	t.Parallel()
	for name, body := range svgFiles(t, "refused") {
		if problem := refused(t, body); !strings.HasPrefix(problem, "This SVG cannot be used: ") || !strings.HasSuffix(problem, ".") {
			t.Errorf("%s: %q", name, problem)
		}
	}
}

func TestAnSVGOfADrawingProgramIsKeptHarmless(t *testing.T) {
	t.Parallel()
	for name, body := range svgFiles(t, "kept") {
		kept := draw(t, body)
		if kept.MediaType != "image/svg+xml" {
			t.Errorf("%s is kept as %s", name, kept.MediaType)
		}
		harmless(t, name, kept.Body)
		if again, err := icon.CleanSVG(kept.Body); err != nil || !bytes.Equal(again, kept.Body) {
			t.Errorf("%s: cleaned again it is another one: %v\n%s\n%s", name, err, kept.Body, again)
		}
	}
}

func TestWhatIsKeptOfAnSVG(t *testing.T) {
	t.Parallel()
	body := draw(t, svgFiles(t, "kept")["figma.svg"]).Body
	for _, want := range []string{
		`viewBox="0 0 64 64"`, `clip-path="url(#clip0_1_2)"`, `fill="url(#paint0_radial)"`, `mask-type="luminance"`, `d="M1.5e1 -.5l.5.5"`,
		`transform="rotate(45 32 32) translate(1,2)"`, `stroke="rgb(10, 20, 30)"`, `fill="none"`,
	} {
		if !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s is missing in\n%s", want, body)
		}
	}
	if body = draw(t, svgFiles(t, "kept")["text.svg"]).Body; !bytes.Contains(body, []byte("A &amp; B &lt;script&gt;<tspan")) {
		t.Errorf("the text is not there, or is markup:\n%s", body)
	}
}

var (
	allowedElement   = regexp.MustCompile(`^(svg|g|defs|clipPath|mask|linearGradient|radialGradient|stop|text|tspan|use|path|rect|circle|ellipse|line|polyline|polygon)$`)
	allowedReference = regexp.MustCompile(`^(url\()?#[A-Za-z_][A-Za-z0-9_.-]*\)?$`)
)

// harmless checks what is kept with another eye than the cleaner's: by what must not be there.
func harmless(t *testing.T, name string, body []byte) {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(body))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Errorf("%s: not well-formed: %v\n%s", name, err, body)
			return
		}
		switch token := token.(type) {
		case xml.Directive, xml.ProcInst, xml.Comment:
			t.Errorf("%s: %T", name, token)
		case xml.StartElement:
			if !allowedElement.MatchString(token.Name.Local) || token.Name.Space != "http://www.w3.org/2000/svg" {
				t.Errorf("%s: <%v>", name, token.Name)
			}
			seen := make(map[string]bool)
			for _, a := range token.Attr {
				key := a.Name.Local
				namespace := key == "xmlns" && token.Name.Local == "svg" && a.Value == "http://www.w3.org/2000/svg"
				plain := strings.ToLower(strings.Join(strings.Fields(a.Value), ""))
				switch {
				case seen[key], a.Name.Space != "", strings.HasPrefix(strings.ToLower(key), "on"), key == "style", key == "xmlns" && !namespace:
					t.Errorf("%s: attribute %v", name, a)
				case namespace:
				case key == "href" || strings.Contains(plain, "url"):
					if !allowedReference.MatchString(a.Value) {
						t.Errorf("%s: reference %v", name, a)
					}
				case strings.ContainsAny(plain, `:\@"<>&;`):
					t.Errorf("%s: value %v", name, a)
				}
				seen[key] = true
			}
		}
	}
}

// FuzzCleanSVG looks for a file of which something harmful is kept.
func FuzzCleanSVG(f *testing.F) {
	for _, folder := range []string{"refused", "kept"} {
		for _, body := range svgFiles(f, folder) {
			f.Add(body)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept, err := icon.CleanSVG(body)
		if err != nil {
			return
		}
		harmless(t, "fuzz", kept)
		if again, err := icon.CleanSVG(kept); err != nil || !bytes.Equal(again, kept) {
			t.Errorf("cleaned again it is another one: %v\n%s\n%s", err, kept, again)
		}
	})
}
