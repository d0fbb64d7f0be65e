package icon

import "slices"

// svgSpan is where an element stands in what is written.
type svgSpan struct {
	id       string // empty: nothing refers to it
	from, to int
}

func idOf(attributes []svgAttribute) string {
	if i := slices.IndexFunc(attributes, func(a svgAttribute) bool { return a.name == "id" }); i >= 0 {
		return attributes[i].value
	}
	return ""
}

// draws reports whether a browser draws the part once more where it is referred to.
func (r svgReference) draws() bool { return r.attribute != "fill" && r.attribute != "stroke" }

// checkWeight bounds what all references together draw: a path of 30,000 pieces that is drawn 200 times stalls a browser. A clip
// path or a mask draws what is in it, and what the uses in it refer to; more levels there are none, checkReferences saw to that.
func (c *svgCleaner) checkWeight() error {
	total := 0
	for _, r := range c.references {
		if !r.draws() {
			continue
		}
		part := c.spans[r.id]
		total += part.to - part.from
		for _, inner := range c.references {
			if inner.draws() && part.from <= inner.at && inner.at < part.to {
				again := c.spans[inner.id]
				total += again.to - again.from
			}
		}
	}
	if total > mostDrawnAgain {
		return svgFault("it draws its own parts again and again, %d kB in all. Simplify the shapes that are used often, or choose a PNG.", total/1000)
	}
	return nil
}
