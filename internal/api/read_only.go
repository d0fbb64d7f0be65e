package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// withoutReadOnly takes members out of a PUT that its GET shows and that nobody can set, so that a program may send back what it
// read with a change in it. One that differs from what is there is refused, unless somebody else changed the thing meanwhile:
// then the operation says so.
func (a *API) withoutReadOnly(r *http.Request, v *visit, o *operation, body []byte) ([]byte, error) {
	extra := a.readOnly[o.pattern()]
	if len(extra) == 0 {
		return body, nil
	}
	var members map[string]json.RawMessage
	if decodeJSON(body, new(any)) != nil || json.Unmarshal(body, &members) != nil {
		return body, nil // for huma to refuse
	}
	sent := make(map[string]json.RawMessage)
	for _, name := range extra {
		if value, ok := members[name]; ok {
			sent[name] = value
			delete(members, name)
		}
	}
	if len(sent) == 0 {
		return body, nil
	}
	if err := a.sameAsRead(r, v, sent); err != nil {
		return nil, err
	}
	return json.Marshal(members)
}

// sameAsRead holds the members against the thing as it is now. Whoever may not read it can't have changed them knowingly.
func (a *API) sameAsRead(r *http.Request, v *visit, sent map[string]json.RawMessage) error {
	get := r.Clone(r.Context())
	get.Method, get.Header = http.MethodGet, make(http.Header)
	now, err := a.run(get, v, nil)
	v.failed = nil
	if err != nil || now.status != http.StatusOK {
		return nil
	}
	if tag := now.header.Get("ETag"); tag != "" && !slices.Contains(entityTags(r.Header.Get("If-Match")), tag) {
		return nil // it was changed meanwhile
	}
	var current map[string]any
	if err := json.Unmarshal(now.body.Bytes(), &current); err != nil {
		return fmt.Errorf("read an answer of our own: %w", err)
	}
	p := newProblem(kindInvalid, "Correct what errors names. Nothing was changed.")
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		var value any
		if json.Unmarshal(sent[name], &value) != nil || !reflect.DeepEqual(value, current[name]) {
			p.Errors = append(p.Errors, FieldFault{Field: name, Pointer: pointer(name), Detail: "This cannot be set here. Leave it out, or send it as you read it."})
		}
	}
	if len(p.Errors) > 0 {
		return p
	}
	return nil
}

// findReadOnly returns, by the pattern of each PUT, the members of the GET at the same address that its body does not have.
func (a *API) findReadOnly() map[string][]string {
	found := make(map[string][]string)
	for _, o := range a.operations {
		item := a.huma.OpenAPI().Paths[base+o.path]
		if o.method != http.MethodPut || item.Get == nil || o.documented.RequestBody == nil || len(o.pictures) > 0 {
			continue
		}
		shown := a.members(item.Get.Responses["200"].Content["application/json"])
		taken := a.members(o.documented.RequestBody.Content["application/json"])
		for name := range shown {
			if _, ok := taken[name]; !ok {
				found[o.pattern()] = append(found[o.pattern()], name)
			}
		}
	}
	return found
}

func (a *API) members(content *huma.MediaType) map[string]*huma.Schema {
	if content == nil || content.Schema == nil {
		return nil
	}
	schema := content.Schema
	if schema.Ref != "" {
		schema = a.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
	}
	return schema.Properties
}
