package api

import "slices"

// Kinds returns all kinds of problems: the guide must explain each.
func Kinds() []Kind { return slices.Clone(allKinds) }
