package api

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// change is a member of a PATCH: absent it leaves the field alone, null empties it (RFC 7396), as in a document for apply.
type change[T any] struct {
	sent  bool
	value *T // nil: emptied
}

// UnmarshalJSON is called for a member that is there, null too.
func (c *change[T]) UnmarshalJSON(text []byte) error {
	c.sent = true
	return json.Unmarshal(text, &c.value)
}

// Schema is the one of the value, or null.
func (c change[T]) Schema(r huma.Registry) *huma.Schema {
	made := *huma.SchemaFromType(r, reflect.TypeFor[T]())
	made.Nullable = true
	return &made
}

// onto gives the field what the member says.
func (c change[T]) onto(field *T) {
	var value T
	switch {
	case !c.sent:
		return
	case c.value != nil:
		value = *c.value
	}
	*field = value
}
