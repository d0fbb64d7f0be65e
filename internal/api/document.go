package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/dialtone-id/dialtone/internal/fixed"
)

// document is the OpenAPI document in one of its two forms.
type document struct {
	mediaType string
	body      func() []byte // made at the first call
	latest    *fixed.Latest
}

const overview = `What the developer portal does, for programs.

**Keys.** An owner creates an API key in the portal, chooses its rights and sees it once. It opens one organization. Send it as
"Authorization: Bearer dt_ak_…", or by HTTP Basic as the user name with an empty password. API keys cannot create API keys, and
cannot set the company's own sign-in.

**Answers** are JSON. Lists are {"items": […], "next": "…"}: send next as the parameter after to get what follows. Times are
RFC 3339 in UTC. A time that is not there never came or never comes.

**Changing things.** PUT replaces the whole thing; PATCH (a merge patch, RFC 7396) leaves alone what is absent and empties what is
null. Both need the ETag of what you read in If-Match; if somebody else was faster, the answer is 412 with the thing as it is now.
You may PUT back what you read with your change in it: members that cannot be set are taken as long as they are as you read them. A
GET with If-None-Match answers 304 while nothing has changed.

**Repeating.** Send an Idempotency-Key with a POST, and a repetition within 24 hours gets the first answer again instead of doing
it twice. A request that failed changed nothing: its key can be used again.

**Problems** are application/problem+json (RFC 9457); type leads to what to do.

**Limits.** 600 requests a minute for each key, 256 KiB a body.`

// The tags, in the order of the document.
const (
	tagOrganization = "Organization"
	tagProducts     = "Products"
	tagListings     = "Listings"
	tagClients      = "Clients"
	tagTraffic      = "Traffic"
)

var tags = []*huma.Tag{
	{Name: tagOrganization, Description: "The organization that the API key belongs to: its members, invitations, API keys and log."},
	{Name: tagProducts, Description: "What subscribers add to their lines: the unit of consent and of scopes."},
	{Name: tagListings, Description: "Products at operators: only an enabled listing lets an operator's subscribers through."},
	{Name: tagClients, Description: "The OAuth clients of a product, and their secrets."},
	{Name: tagTraffic, Description: "What clients do: counts, and requests that were refused."},
}

// newHuma makes the router of the operations. It serves nothing of its own: huma's page of documentation loads scripts from
// elsewhere, and its $schema members belong to no answer of ours.
func (a *API) newHuma() huma.API {
	config := huma.DefaultConfig("Dialtone management API", "1")
	config.Info.Description = overview
	config.OpenAPIPath, config.DocsPath, config.SchemasPath, config.CreateHooks = "", "", "", nil
	config.Formats = map[string]huma.Format{"application/json": format, "json": format}
	config.RejectUnknownQueryParameters = true
	config.Transformers = []huma.Transformer{noteRequestFault}
	config.Servers = []*huma.Server{{URL: a.Portal}}
	config.Tags = tags
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "dt_ak_…", Description: "An API key. Each operation says which right the key needs."},
		"basic":  {Type: "http", Scheme: "basic", Description: "An API key as the user name, and an empty password."},
	}
	config.Components.Responses = make(map[string]*huma.Response)
	config.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	return humago.New(a.mux, config)
}

// renderDocuments completes what huma collected.
func (a *API) renderDocuments() map[string]document {
	api := a.huma.OpenAPI()
	for _, o := range a.operations {
		a.documentProblems(o)
		documentHeaders(o)
		o.documented.Extensions["x-curl"] = a.curl(o)
		if answer := exampleAnswer(o.id); answer != "" {
			o.documented.Extensions["x-answer"] = json.RawMessage(answer)
		}
	}
	a.openAnswers()
	a.wholeClients()
	return map[string]document{
		"/openapi.json": {"application/openapi+json", rendered(func() ([]byte, error) { return json.Marshal(api) }), new(fixed.Latest)},
		"/openapi.yaml": {"application/openapi+yaml", rendered(api.YAML), new(fixed.Latest)},
	}
}

// rendered writes the document down at the first call: it takes longer than the start of the server may.
func rendered(render func() ([]byte, error)) func() []byte {
	return sync.OnceValue(func() []byte {
		text, err := render()
		if err != nil {
			panic("api: the OpenAPI document is plain data: " + err.Error())
		}
		return text
	})
}

// documentProblems says which problems an operation answers with. Those of one status are one answer, which operations share.
func (a *API) documentProblems(o *operation) {
	schema := o.documented.Responses["401"].Content["application/problem+json"].Schema
	for code := range o.documented.Responses {
		if code >= "400" {
			delete(o.documented.Responses, code)
		}
	}
	o.documented.Responses[strconv.Itoa(o.status)].Description = http.StatusText(o.status)
	byStatus := make(map[int][]Kind)
	for _, kind := range o.kinds() {
		byStatus[kind.Status] = append(byStatus[kind.Status], kind)
	}
	shared := a.huma.OpenAPI().Components.Responses
	for status, kinds := range byStatus {
		name, response := a.problemResponse(kinds, schema)
		shared[name] = response
		o.documented.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + name}
	}
}

func (a *API) problemResponse(kinds []Kind, schema *huma.Schema) (name string, response *huma.Response) {
	var names, words []string
	examples := make(map[string]*huma.Example)
	for _, kind := range kinds {
		p := newProblem(kind, kind.Do)
		p.Type, p.Instance = a.typeOf(kind), base+"/products"
		names, words = append(names, kind.Name), append(words, kind.Title+". "+kind.Do)
		examples[kind.Name] = &huma.Example{Summary: kind.Title, Value: p}
	}
	return strings.Join(names, "-or-"), &huma.Response{
		Description: strings.Join(words, " "),
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema, Examples: examples}},
	}
}

// documentHeaders adds the header that the gate reads, and says of If-Match that it is needed, which huma must not check: its
// absence has an answer of its own.
func documentHeaders(o *operation) {
	for _, p := range o.documented.Parameters {
		p.Required = p.Required || p.Name == "If-Match"
	}
	if o.method != http.MethodPost {
		return
	}
	longest := maxIdempotencyKey
	o.documented.Parameters = append(o.documented.Parameters, &huma.Param{
		Name: idempotencyHeader, In: "header",
		Description: "A new UUID for each new request: its repetition gets the same answer for 24 hours",
		Schema:      &huma.Schema{Type: huma.TypeString, MaxLength: &longest},
	})
}

// openAnswers lets the schemas of answers take members that they do not name, so that a program which holds an answer against
// its schema goes on working when one is added. Bodies of requests stay closed.
func (a *API) openAnswers() {
	registry := a.huma.OpenAPI().Components.Schemas
	closed := make(map[*huma.Schema]bool)
	for _, o := range a.operations {
		if o.documented.RequestBody == nil {
			continue
		}
		for _, body := range o.documented.RequestBody.Content {
			mark(registry, body.Schema, closed)
		}
	}
	for _, schema := range registry.Map() {
		if !closed[schema] && schema.AdditionalProperties == false {
			schema.AdditionalProperties = nil
		}
	}
}

// wholeClients says that an answer has all settings of a client, which share a type with the bodies that may leave some out.
func (a *API) wholeClients() {
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	for _, name := range []string{"Client", "CreatedClient"} {
		for member := range schemas[name].Properties {
			if member != "client_secret" && !slices.Contains(schemas[name].Required, member) {
				schemas[name].Required = append(schemas[name].Required, member)
			}
		}
		slices.Sort(schemas[name].Required)
	}
}

// mark collects the schemas that a schema consists of.
func mark(registry huma.Registry, schema *huma.Schema, seen map[*huma.Schema]bool) {
	if schema == nil || seen[schema] {
		return
	}
	seen[schema] = true
	if schema.Ref != "" {
		mark(registry, registry.SchemaFromRef(schema.Ref), seen)
	}
	mark(registry, schema.Items, seen)
	for _, property := range schema.Properties {
		mark(registry, property, seen)
	}
}

func (a *API) serveDocument(w http.ResponseWriter, r *http.Request, d document) {
	if !slices.Contains([]string{http.MethodGet, http.MethodHead}, r.Method) {
		a.fail(w, r, newProblem(kindMethod, "Use GET.").with("Allow", "GET, HEAD"))
		return
	}
	w.Header().Set("Cache-Control", "public, no-cache")
	d.latest.Of(d.mediaType, d.body()).Serve(w, r)
}
