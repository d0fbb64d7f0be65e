package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dialtone-id/dialtone/internal/catalog"
)

// base is where all operations are; a change that breaks programs would get another one.
const base = "/api/v1"

// operation is one operation as its file declares it.
type operation struct {
	id          string // list-products
	method      string
	path        string // below base
	tag         string
	summary     string // a few words
	description string // Markdown without headings
	right       catalog.Action
	status      int      // of the answer
	problems    []Kind   // beside those that every operation may answer with
	pictures    []string // media types of a body that is no JSON; empty: JSON or none
	example     example

	documented *huma.Operation
}

// example is a request that runs as it is shown; the test that runs it writes its answer to examples/ID.json.
type example struct {
	query string // "limit=2"
	body  string // JSON
	file  string // a body that is no JSON: the name of a file
}

// pattern is the operation's pattern of http.ServeMux.
func (o *operation) pattern() string { return o.method + " " + base + o.path }

// always are the problems that any operation may answer with.
var always = []Kind{kindUnauthorized, kindForbidden, kindInvalid, kindTooMany, kindFault, kindUnavailable}

// kinds are all problems that the operation may answer with.
func (o *operation) kinds() []Kind {
	all := slices.Concat(always, o.problems)
	if o.documented.RequestBody != nil {
		all = append(all, kindMalformed, kindTooLarge, kindMediaType)
	}
	if o.method != http.MethodGet {
		all = append(all, kindCrossOrigin)
	}
	if o.method == http.MethodPost {
		all = append(all, kindInProgress, kindKeyReused)
	}
	slices.SortFunc(all, func(x, y Kind) int { return slices.Index(allKinds, x) - slices.Index(allKinds, y) })
	return slices.Compact(all)
}

// register declares an operation to huma. What do returns as an error becomes a problem in fail, like every other error.
func register[I, O any](a *API, o operation, do func(context.Context, *visit, *I) (*O, error)) {
	declared := &o
	declared.documented = &huma.Operation{
		OperationID: o.id, Method: o.method, Path: base + o.path, Tags: []string{o.tag}, Summary: o.summary,
		Description: o.description, DefaultStatus: o.status,
		Security:     []map[string][]string{{"bearer": {string(o.right)}}, {"basic": {string(o.right)}}},
		Extensions:   map[string]any{"x-right": string(o.right)},
		MaxBodyBytes: -1, // the gate has read the body, within its own limits
		Responses:    map[string]*huma.Response{},
		Errors:       []int{http.StatusUnauthorized}, // the others follow when the document is made
	}
	declared.addExamples()
	huma.Register(a.huma, *declared.documented, func(ctx context.Context, in *I) (*O, error) {
		v := visitOf(ctx)
		out, err := do(ctx, v, in)
		if err != nil {
			v.failed = err // huma's answer is thrown away
			return nil, nil
		}
		return out, nil
	})
	declared.documented = a.documentedOperation(o.method, base+o.path)
	a.operations = append(a.operations, declared)
}

// documentedOperation returns what huma wrote into the document.
func (a *API) documentedOperation(method, path string) *huma.Operation {
	item := a.huma.OpenAPI().Paths[path]
	switch method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	}
	panic("api: no operation takes " + method)
}

// addExamples puts the example's bodies where huma keeps them when it adds the schemas.
func (o *operation) addExamples() {
	if o.example.body != "" {
		o.documented.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
			"application/json": {Example: json.RawMessage(o.example.body)},
		}}
	}
	for _, picture := range o.pictures {
		if o.documented.RequestBody == nil {
			o.documented.RequestBody = &huma.RequestBody{Content: make(map[string]*huma.MediaType)}
		}
		o.documented.RequestBody.Content[picture] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	if answer := exampleAnswer(o.id); answer != "" {
		o.documented.Responses[strconv.Itoa(o.status)] = &huma.Response{Content: map[string]*huma.MediaType{
			"application/json": {Example: json.RawMessage(answer)},
		}}
	}
}

// Structs that others embed have names in capitals, here and in the files of the operations: huma follows no others. They mean
// nothing outside of this package.

// none is the input or the answer of an operation that has none.
type none struct{}
