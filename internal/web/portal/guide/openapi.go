package guide

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// group is what the management API can do with one noun.
type group struct {
	Name       string
	Operations []operation
}

// operation is one method of one address.
type operation struct {
	ID          string
	Method      string
	Path        string
	Summary     string
	Description string
	Right       string // that an API key needs
	Curl        string // a request to copy
	Answer      string // what it answers with
	Parameters  []member
	Body        []member
	Result      []member
	Statuses    []member // name: the status, words: what it means
}

// member is one parameter, or one member of a JSON object.
type member struct {
	Name     string // of a member inside another: "secret.name"
	Type     string
	Required bool
	Words    string
}

// The parts of an OpenAPI 3.1 document that the reference shows.
type (
	document struct {
		Paths      map[string]map[string]operationObject `json:"paths"`
		Components struct {
			Schemas   map[string]schema         `json:"schemas"`
			Responses map[string]responseObject `json:"responses"`
		} `json:"components"`
		Tags []struct {
			Name string `json:"name"`
		} `json:"tags"`
	}
	operationObject struct {
		OperationID string                    `json:"operationId"`
		Summary     string                    `json:"summary"`
		Description string                    `json:"description"`
		Tags        []string                  `json:"tags"`
		Parameters  []parameter               `json:"parameters"`
		RequestBody *content                  `json:"requestBody"`
		Responses   map[string]responseObject `json:"responses"`
		Right       string                    `json:"x-right"`
		Curl        string                    `json:"x-curl"`
		Answer      json.RawMessage           `json:"x-answer"`
	}
	parameter struct {
		Name        string `json:"name"`
		In          string `json:"in"`
		Required    bool   `json:"required"`
		Description string `json:"description"`
		Schema      schema `json:"schema"`
	}
	content struct {
		Content map[string]struct {
			Schema schema `json:"schema"`
		} `json:"content"`
	}
	responseObject struct {
		content
		Ref         string `json:"$ref"`
		Description string `json:"description"`
	}
	schema struct {
		Ref         string            `json:"$ref"`
		Type        any               `json:"type"` // a word, or a list of words
		Format      string            `json:"format"`
		Description string            `json:"description"`
		Enum        []any             `json:"enum"`
		Items       *schema           `json:"items"`
		Properties  map[string]schema `json:"properties"`
		Required    []string          `json:"required"`
	}
)

// readOpenAPI reads what the reference shows.
func readOpenAPI(text []byte) ([]group, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	byTag := make(map[string][]operation)
	for path, methods := range d.Paths {
		for method, o := range methods {
			tag := "API"
			if len(o.Tags) > 0 {
				tag = o.Tags[0]
			}
			byTag[tag] = append(byTag[tag], d.operation(strings.ToUpper(method), path, o))
		}
	}
	order := make([]string, 0, len(byTag))
	for _, tag := range d.Tags {
		if byTag[tag.Name] != nil {
			order = append(order, tag.Name)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		if !slices.Contains(order, tag) {
			order = append(order, tag)
		}
	}
	groups := make([]group, 0, len(order))
	for _, tag := range order {
		slices.SortFunc(byTag[tag], func(a, b operation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(verbs[a.Method], verbs[b.Method]))
		})
		groups = append(groups, group{Name: tag, Operations: byTag[tag]})
	}
	return groups, nil
}

// verbs is the order in which the methods of one address are told.
var verbs = map[string]int{"GET": 0, "POST": 1, "PUT": 2, "PATCH": 3, "DELETE": 4}

func (d document) operation(method, path string, o operationObject) operation {
	read := operation{
		ID: o.OperationID, Method: method, Path: path, Summary: o.Summary, Description: o.Description, Right: o.Right, Curl: o.Curl,
		Answer: indented(o.Answer),
	}
	for _, p := range o.Parameters {
		read.Parameters = append(read.Parameters, member{p.Name, p.Schema.name(), p.Required, cmp.Or(p.Description, p.Schema.Description)})
	}
	if o.RequestBody != nil {
		read.Body = d.members(*o.RequestBody)
	}
	for _, status := range slices.Sorted(maps.Keys(o.Responses)) {
		response := o.Responses[status]
		if name, ok := strings.CutPrefix(response.Ref, "#/components/responses/"); ok {
			response = d.Components.Responses[name]
		}
		read.Statuses = append(read.Statuses, member{Name: status, Words: response.Description})
		if strings.HasPrefix(status, "2") {
			read.Result = d.members(response.content)
		}
	}
	return read
}

// members lists what a JSON body holds, members of members by their path.
func (d document) members(c content) []member {
	for mediaType, body := range c.Content {
		if strings.HasSuffix(mediaType, "json") {
			return d.flatten("", body.Schema, 0)
		}
	}
	return nil
}

const deepest = 4 // no schema of ours goes deeper; one that contains itself ends here

func (d document) flatten(prefix string, s schema, depth int) []member {
	s = d.resolve(s)
	if s.Items != nil {
		return d.flatten(prefix, *s.Items, depth)
	}
	if depth > deepest {
		return nil
	}
	var list []member
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := d.resolve(s.Properties[name])
		property.Description = cmp.Or(s.Properties[name].Description, property.Description)
		list = append(list, member{prefix + name, property.name(), slices.Contains(s.Required, name), property.Description})
		inner := prefix + name + "."
		if property.Items != nil {
			inner = prefix + name + "[]."
		}
		list = append(list, d.flatten(inner, property, depth+1)...)
	}
	return list
}

func (d document) resolve(s schema) schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

// name is the type in words: "string (date-time)", "array of string", "developer | viewer".
func (s schema) name() string {
	if len(s.Enum) > 0 {
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		return strings.Join(values, " | ")
	}
	name := "object"
	switch t := s.Type.(type) {
	case string:
		name = t
	case []any:
		for _, word := range t {
			if word != "null" {
				name = fmt.Sprint(word)
			}
		}
	}
	if name == "array" && s.Items != nil {
		return "array of " + s.Items.name()
	}
	if s.Format != "" {
		name += " (" + s.Format + ")"
	}
	return name
}

func indented(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return string(raw)
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return string(raw)
	}
	return string(text)
}
