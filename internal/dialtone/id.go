package dialtone

import "regexp"

// An id stands in addresses, in file names and in logs: it is one part of a path, and nothing in it has to be protected.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}$`)

// IDRule says what an id is, for whoever wrote another one.
const IDRule = "an id has 1 to 100 letters, digits and _ . - and begins with a letter or a digit"

// ValidID reports whether id can be the id of an operator, organization, product, client or subscription.
func ValidID(id string) bool { return idPattern.MatchString(id) }
