package icon

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/dialtone-id/dialtone/internal/writing"
)

const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xhtmlSpace = "http://www.w3.org/1999/xhtml"

	deepestSVG     = 32
	largestSVG     = 5000 // elements
	mostReferences = 200  // each may draw a long path once more
	mostDrawnAgain = 1e6  // bytes of markup that all of them together draw once more
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// The elements of an SVG that are kept. Nothing that runs, fetches, embeds, links or moves is among them.
var (
	svgShapes     = []string{"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
	svgContainers = []string{"svg", "g", "defs", "clipPath", "mask", "linearGradient", "radialGradient", "stop", "text", "tspan", "use"}
	// svgLeftOut is dropped with all that it holds: words about the picture, and effects without which it can be shown.
	svgLeftOut = []string{"title", "desc", "metadata", "filter"}
	// svgAdvice says what to do about elements that drawing programs do write.
	svgAdvice = map[string]string{
		"style":         "Save it with presentation attributes instead of a style sheet.",
		"image":         "Draw it with shapes instead of a picture inside the picture, or choose a PNG.",
		"script":        "Take the script away.",
		"foreignObject": "Take away what is not SVG.",
		"symbol":        "Replace symbols by the shapes themselves.",
		"pattern":       "Fill shapes with a colour or a gradient instead of a pattern.",
		"a":             "Take the link away.",
	}
)

// cleanSVG returns the harmless part of an SVG, written anew: known elements, known attributes with values of a known form, and
// references to the picture's own parts. Nothing of the file's own markup is copied, so no trick of writing survives. What
// could do harm is refused, not repaired: dialtone.FieldErrors on icon.
func cleanSVG(body []byte) ([]byte, error) {
	c := svgCleaner{
		decoder: xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, byteOrderMark))),
		kinds:   make(map[string]string),
		spans:   make(map[string]svgSpan),
		clipped: make(map[string]bool),
	}
	// The decoder knows the five entities of XML itself and no other: what a DOCTYPE would define stays unknown.
	if err := c.document(); err != nil {
		return nil, err
	}
	if err := c.checkReferences(); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

// svgCleaner reads an SVG token by token and writes what is kept.
type svgCleaner struct {
	decoder    *xml.Decoder
	out        bytes.Buffer
	open       []string  // names of the open elements, the root first
	begun      []svgSpan // of the open elements
	elements   int
	ended      bool              // the root is closed
	kinds      map[string]string // element name by id
	spans      map[string]svgSpan
	clipped    map[string]bool // ids of elements that have a clip path or a mask themselves
	references []svgReference
}

// svgReference is that an element of one kind refers to a part of the picture.
type svgReference struct {
	from, attribute, id string
	at                  int // where the element begins in what is written
}

func svgFault(format string, args ...any) error {
	return fault("This SVG cannot be used: " + fmt.Sprintf(format, args...))
}

func (c *svgCleaner) document() error {
	for {
		token, err := c.decoder.Token()
		switch {
		case err == io.EOF && c.ended:
			return nil
		case err != nil:
			return svgFault("it is damaged, or uses entities. Save it again as plain SVG in UTF-8.")
		}
		if err := c.token(token); err != nil {
			return err
		}
	}
}

func (c *svgCleaner) token(token xml.Token) error {
	switch token := token.(type) {
	case xml.Directive:
		return svgFault("it has a DOCTYPE. Take away the part that begins with <!DOCTYPE.")
	case xml.ProcInst:
		if token.Target != "xml" {
			return svgFault("it has the instruction <?%.20s. Take it away.", writing.Tame(token.Target))
		}
	case xml.CharData:
		c.text(token)
	case xml.StartElement:
		return c.start(token)
	case xml.EndElement:
		c.end(token.Name.Local)
	}
	return nil // comments are left out
}

func (c *svgCleaner) text(text xml.CharData) {
	if len(c.open) > 0 && slices.Contains([]string{"text", "tspan"}, c.open[len(c.open)-1]) {
		_ = xml.EscapeText(&c.out, text) // a buffer takes everything
	}
}

func (c *svgCleaner) start(element xml.StartElement) error {
	name := element.Name.Local
	c.elements++
	switch {
	case c.ended:
		return svgFault("there is something after its end. Save it again as plain SVG.")
	case len(c.open) == 0 && (name != "svg" || element.Name.Space != svgSpace):
		return svgFault(`it must begin with <svg xmlns="%s">. Save it again as plain SVG.`, svgSpace)
	case len(c.open) > 0 && name == "svg":
		return svgFault("it has a picture inside the picture. Save it as one picture.")
	case len(c.open) >= deepestSVG:
		return svgFault("it is nested more than %d deep. Ungroup its parts.", deepestSVG)
	case c.elements > largestSVG:
		return svgFault("it has more than %d parts. Simplify it, or choose a PNG.", largestSVG)
	case element.Name.Space == xhtmlSpace:
		return svgFault("it has HTML inside. Take away what is not SVG.")
	case element.Name.Space != svgSpace || slices.Contains(svgLeftOut, name):
		return c.skip() // notes of a drawing program to itself, above all
	case !slices.Contains(svgShapes, name) && !slices.Contains(svgContainers, name):
		return svgFault("it has <%.30s>. %s", writing.Tame(name), cmp.Or(svgAdvice[name], "Take it away."))
	}
	attributes, err := c.attributes(name, element.Attr)
	if name == "svg" && err == nil {
		attributes, err = svgFrame(attributes)
	}
	if err != nil {
		return err
	}
	c.begun = append(c.begun, svgSpan{id: idOf(attributes), from: c.out.Len()})
	c.write(name, attributes)
	c.open = append(c.open, name)
	return nil
}

// skip reads to the end of the element that was just begun. Limits and forbidden parts count inside it, too: a script is refused
// wherever it stands, so that nobody takes a refusal for a promise about the rest.
func (c *svgCleaner) skip() error {
	for depth := 1; depth > 0; {
		token, err := c.decoder.Token()
		if err != nil {
			return svgFault("it is damaged. Save it again as plain SVG.")
		}
		switch token := token.(type) {
		case xml.StartElement:
			c.elements++
			depth++
			if token.Name.Local == "script" || len(c.open)+depth > deepestSVG || c.elements > largestSVG {
				return svgFault("it has a script, or too many parts. Save it again as plain SVG.")
			}
		case xml.EndElement:
			depth--
		case xml.Directive, xml.ProcInst:
			return svgFault("it has a DOCTYPE or an instruction inside. Take it away.")
		}
	}
	return nil
}

func (c *svgCleaner) end(name string) {
	c.out.WriteString("</" + name + ">")
	last := len(c.open) - 1
	span := c.begun[last]
	span.to = c.out.Len()
	c.spans[span.id] = span
	c.open, c.begun = c.open[:last], c.begun[:last]
	c.ended = len(c.open) == 0
}

func (c *svgCleaner) write(name string, attributes []svgAttribute) {
	c.out.WriteString("<" + name)
	if name == "svg" {
		c.out.WriteString(` xmlns="` + svgSpace + `"`)
	}
	for _, a := range attributes {
		c.out.WriteString(" " + a.name + `="`)
		_ = xml.EscapeText(&c.out, []byte(a.value)) // a buffer takes everything
		c.out.WriteString(`"`)
	}
	c.out.WriteString(">")
}

// checkReferences sees to it that every part that is referred to is there and of the right kind. A use may show a single shape
// only, and that one without a clip path, and clip paths and masks may not lie in each other: ten uses of ten uses of ten …
// would draw for hours.
func (c *svgCleaner) checkReferences() error {
	drawing := 0
	for _, r := range c.references {
		if r.draws() {
			drawing++
		}
	}
	if drawing > mostReferences {
		return svgFault("it refers to its own parts more than %d times. Flatten the parts, and save it again.", mostReferences)
	}
	for _, r := range c.references {
		kind, there := c.kinds[r.id]
		var right bool
		switch r.attribute {
		case "href":
			right = r.from == "use" && slices.Contains(svgShapes, kind) && !c.clipped[r.id] || r.from != "use" && strings.HasSuffix(kind, "Gradient")
		case "fill", "stroke":
			right = strings.HasSuffix(kind, "Gradient")
		case "clip-path":
			right = kind == "clipPath"
		case "mask":
			right = kind == "mask"
		}
		if !there || !right {
			return svgFault("%s of <%s> refers to #%.40s, which is no part that can be used there. Ungroup or flatten the parts, and save it again.",
				r.attribute, r.from, r.id)
		}
	}
	return c.checkWeight()
}

// svgFrame gives the root a viewBox, from its size if need be, and takes the size away: the page decides how large an icon is.
func svgFrame(attributes []svgAttribute) ([]svgAttribute, error) {
	var box, width, height string
	kept := slices.DeleteFunc(attributes, func(a svgAttribute) bool {
		switch a.name {
		case "viewBox":
			box = a.value
		case "width":
			width = strings.TrimSuffix(a.value, "px")
		case "height":
			height = strings.TrimSuffix(a.value, "px")
		default:
			return false
		}
		return true
	})
	numbers := strings.FieldsFunc(cmp.Or(box, "0 0 "+width+" "+height), func(r rune) bool { return r == ',' || r == ' ' })
	for i, text := range numbers {
		const largest = 1e6
		if n, err := strconv.ParseFloat(text, 64); err != nil || i > 1 && n <= 0 || !(n > -largest && n < largest) {
			numbers = nil
			break
		}
	}
	if len(numbers) != 4 {
		return nil, svgFault("it does not say how large it is. Give it a viewBox, as viewBox=\"0 0 64 64\".")
	}
	return append(kept, svgAttribute{"viewBox", strings.Join(numbers, " ")}), nil
}
