package icon

import (
	"encoding/xml"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dialtone-id/dialtone/internal/writing"
)

// svgAttribute is an attribute that is kept.
type svgAttribute struct{ name, value string }

// The forms of values. None of them has room for an address, a function of CSS other than a colour, a quote or an escape.
var (
	svgNumbers   = regexp.MustCompile(`^[\s,]*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?(px|pt|pc|mm|cm|in|em|ex|%)?[\s,]*)*$`)
	svgPath      = regexp.MustCompile(`^[MmZzLlHhVvCcSsQqTtAaEe0-9+\-.,\s]*$`)
	svgTransform = regexp.MustCompile(`^\s*((matrix|translate|scale|rotate|skewX|skewY)\s*\([0-9eE+\-.,\s]*\)[\s,]*)*$`)
	svgWord      = regexp.MustCompile(`^[A-Za-z0-9\-]*$`)
	svgWords     = regexp.MustCompile(`^[A-Za-z0-9\-\s]*$`)
	svgFonts     = regexp.MustCompile(`^[\pL0-9 ,_'\-]*$`)
	svgPaint     = regexp.MustCompile(`^(#[0-9A-Fa-f]{3,8}|[A-Za-z]+|(rgb|rgba|hsl|hsla)\([0-9.,%/\s]*\))$`)
	svgID        = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.\-]{0,99}$`)
	svgOwnPart   = regexp.MustCompile(`^url\(\s*['"]?#([A-Za-z_][A-Za-z0-9_.\-]{0,99})['"]?\s*\)$`)
)

// svgForms says which attributes are kept and how their values must be. Paint, clip-path, mask and href are looked at apart.
var svgForms = func() map[string]*regexp.Regexp {
	forms := map[string]*regexp.Regexp{"d": svgPath, "font-family": svgFonts, "points": svgNumbers, "viewBox": svgNumbers}
	for form, names := range map[*regexp.Regexp]string{
		svgTransform: "transform gradientTransform",
		svgNumbers: "x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy width height offset rotate opacity fill-opacity stroke-opacity " +
			"stop-opacity stroke-miterlimit pathLength textLength",
		svgWord: "fill-rule clip-rule stroke-linecap stroke-linejoin gradientUnits spreadMethod clipPathUnits maskUnits " +
			"maskContentUnits mask-type font-style font-weight font-variant text-anchor lengthAdjust display visibility " +
			"shape-rendering text-rendering dominant-baseline vector-effect color-interpolation",
		svgWords: "preserveAspectRatio paint-order",
	} {
		for name := range strings.FieldsSeq(names) {
			forms[name] = form
		}
	}
	// A length, or a word such as none or normal.
	lengthOrWord := regexp.MustCompile(svgNumbers.String() + `|` + svgWord.String())
	for _, name := range []string{"stroke-width", "stroke-dasharray", "stroke-dashoffset", "font-size", "letter-spacing", "word-spacing"} {
		forms[name] = lengthOrWord
	}
	return forms
}()

var (
	svgPaints     = []string{"fill", "stroke", "stop-color", "color"}
	svgReferences = []string{"fill", "stroke", "clip-path", "mask"}
)

// attributes returns what is kept of an element's attributes, by name; declarations of a style attribute take the place of the
// attributes of the same names, as they do in a browser.
func (c *svgCleaner) attributes(element string, given []xml.Attr) ([]svgAttribute, error) {
	values := make(map[string]string)
	style := ""
	for _, a := range given {
		name := a.Name.Local
		switch {
		case strings.HasPrefix(strings.ToLower(name), "on"):
			return nil, svgFault("%s of <%s> is a script. Take it away.", writing.Tame(name), element)
		case strings.EqualFold(name, "href"):
			values["href"] = a.Value // whatever its prefix: xlink may be called anything
		case a.Name.Space != "" || name == "xmlns":
		case name == "style":
			style = a.Value
		default:
			values[name] = a.Value
		}
	}
	for declaration := range strings.SplitSeq(style, ";") {
		name, value, _ := strings.Cut(declaration, ":")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "href" || name == "id" {
			continue // they are no properties of CSS
		}
		values[name] = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
	}
	var kept []svgAttribute
	for _, name := range slices.Sorted(maps.Keys(values)) { // in order: the same picture has the same id each time
		value, keep, err := c.value(element, name, strings.TrimSpace(values[name]))
		if err != nil {
			return nil, err
		}
		if keep {
			kept = append(kept, svgAttribute{name, value})
		}
	}
	if id := strings.TrimSpace(values["id"]); c.kinds[id] == element && (values["clip-path"] != "" || values["mask"] != "") {
		c.clipped[id] = true
	}
	return kept, nil
}

// value returns the value of an attribute as it is kept, and whether it is. Error: the attribute is known and its value is not.
func (c *svgCleaner) value(element, name, value string) (kept string, keep bool, err error) {
	refused := func() (string, bool, error) {
		return "", false, svgFault("%s of <%s> is %q, which is not allowed. Use plain colours and numbers, and only parts of the picture itself.",
			writing.Tame(name), element, writing.Tame(value[:min(len(value), 60)]))
	}
	form, known := svgForms[name]
	own := svgOwnPart.FindStringSubmatch(value)
	switch {
	case value == "", name == "filter" && own != nil:
		return "", false, nil // filters are left out
	case name == "id":
		return value, c.identify(element, value), nil
	case name == "href" && strings.HasPrefix(value, "#") && !slices.Contains([]string{"use", "linearGradient", "radialGradient"}, element):
		return "", false, nil
	case name == "href" && strings.HasPrefix(value, "#") && svgID.MatchString(value[1:]):
		c.references = append(c.references, svgReference{element, name, value[1:], c.out.Len()})
		return value, true, nil
	case name == "href":
		return refused()
	case slices.Contains(svgReferences, name) && own != nil:
		if (name == "clip-path" || name == "mask") && c.insideClip(element) {
			return "", false, svgFault("it has a clip path or mask inside another one. Flatten the parts, and save it again.")
		}
		c.references = append(c.references, svgReference{element, name, own[1], c.out.Len()})
		return "url(#" + own[1] + ")", true, nil
	case slices.Contains(svgReferences, name) && value == "none":
		return value, true, nil
	case slices.Contains(svgPaints, name):
		if !svgPaint.MatchString(value) {
			return refused()
		}
		return value, true, nil
	case known && form.MatchString(value):
		return value, true, nil
	case known, slices.Contains(svgReferences, name), suspicious(value):
		return refused()
	}
	return "", false, nil // a note of a drawing program, or a property that a browser ignores here
}

// identify notes an id and reports whether it is kept. Of two that are the same the first one counts, as in a browser.
func (c *svgCleaner) identify(element, id string) bool {
	if _, taken := c.kinds[id]; taken || !svgID.MatchString(id) {
		return false
	}
	c.kinds[id] = element
	return true
}

func (c *svgCleaner) insideClip(element string) bool {
	clips := func(name string) bool { return name == "clipPath" || name == "mask" }
	return clips(element) || slices.ContainsFunc(c.open, clips)
}

// suspicious reports whether the value of an attribute that is left out anyway tries to fetch or to run something. The person
// is told, instead of getting a picture that looks different for no reason.
func suspicious(value string) bool {
	plain := strings.ToLower(strings.Join(strings.Fields(value), ""))
	return slices.ContainsFunc([]string{"url(", "javascript:", "data:", "@import", "expression("},
		func(sign string) bool { return strings.Contains(plain, sign) })
}
