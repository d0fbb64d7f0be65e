package api_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/docs"
	"github.com/dialtone-id/dialtone/internal/api"
)

func TestDocumentIsOpenAPI31AndComplete(t *testing.T) {
	t.Parallel()
	text := openAPI()
	var document struct {
		OpenAPI string
		Info    struct{ Title, Version, Description string }
		Servers []struct{ URL string }
		Tags    []struct{ Name, Description string }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1.") || document.Info.Title == "" || document.Info.Version == "" || document.Info.Description == "" {
		t.Errorf("openapi %q, info %+v", document.OpenAPI, document.Info)
	}
	if len(document.Servers) != 1 || document.Servers[0].URL != portal {
		t.Errorf("servers %v", document.Servers)
	}
	if strings.Contains(string(text), "$schema") || strings.Contains(string(text), "ErrorModel") {
		t.Error("the document has something of huma's own in it")
	}
	seen := make(map[string]bool)
	for _, o := range documented(t) {
		if seen[o.OperationID] {
			t.Errorf("the operation id %s is there twice", o.OperationID)
		}
		seen[o.OperationID] = true
		if !slices.ContainsFunc(document.Tags, func(tag struct{ Name, Description string }) bool {
			return slices.Equal(o.Tags, []string{tag.Name}) && tag.Description != ""
		}) {
			t.Errorf("%s has the tags %q", o.OperationID, o.Tags)
		}
		checkOperation(t, o)
	}
}

func checkOperation(t *testing.T, o operationView) {
	t.Helper()
	switch {
	case o.Summary == "" || o.Description == "" || o.Curl == "":
		t.Errorf("%s lacks a summary, a description or an example", o.OperationID)
	case strings.HasSuffix(o.Summary, "."):
		t.Errorf("%s: a summary is no sentence", o.OperationID)
	case !slices.Contains(rightNames(), o.Right):
		t.Errorf("%s needs %q, which no API key can have", o.OperationID, o.Right)
	case len(o.Security) != 2 || !slices.Equal(o.Security[0]["bearer"], []string{o.Right}) || !slices.Equal(o.Security[1]["basic"], []string{o.Right}):
		t.Errorf("%s: security %v", o.OperationID, o.Security)
	}
	checkParameters(t, o)
	checkAnswers(t, o)
	if o.RequestBody == nil {
		return
	}
	if !o.RequestBody.Required {
		t.Errorf("%s: the body is not required", o.OperationID)
	}
	if body, ok := o.RequestBody.Content["application/json"]; ok && (len(body.Example) == 0 || len(body.Schema) == 0) {
		t.Errorf("%s: the body has no example or no schema", o.OperationID)
	}
}

func checkParameters(t *testing.T, o operationView) {
	t.Helper()
	var inPath []string
	for _, p := range o.Parameters {
		if p.In == "path" {
			inPath = append(inPath, "{"+p.Name+"}")
		}
		if p.Description == "" {
			t.Errorf("%s: the parameter %s has no description", o.OperationID, p.Name)
		}
		if p.Name == "If-Match" && !p.Required {
			t.Errorf("%s does not say that it needs If-Match", o.OperationID)
		}
	}
	named := regexp.MustCompile(`\{[a-z_]+\}`).FindAllString(o.path, -1)
	slices.Sort(named)
	slices.Sort(inPath)
	if !slices.Equal(named, inPath) {
		t.Errorf("%s declares %v of %s", o.OperationID, inPath, o.path)
	}
}

func checkAnswers(t *testing.T, o operationView) {
	t.Helper()
	for code, answer := range o.Responses {
		if answer.Description == "" {
			t.Errorf("%s: %s has no description", o.OperationID, code)
		}
		problem, isProblem := answer.Content["application/problem+json"]
		if isProblem != (code >= "400") {
			t.Errorf("%s: %s has the content %v", o.OperationID, code, answer.Content)
		}
		if isProblem && (len(problem.Examples) == 0 || problem.Schema["$ref"] != "#/components/schemas/Problem") {
			t.Errorf("%s: %s has the schema %v and %d examples", o.OperationID, code, problem.Schema, len(problem.Examples))
		}
		if shown, ok := answer.Content["application/json"]; ok && (len(shown.Example) == 0 || len(shown.Schema) == 0) {
			t.Errorf("%s: %s has no example or no schema", o.OperationID, code)
		}
	}
	for _, code := range []string{"401", "403", "429", "500", "503"} {
		if _, ok := o.Responses[code]; !ok {
			t.Errorf("%s does not say that it may answer %s", o.OperationID, code)
		}
	}
}

func rightNames() []string {
	var names []string
	for _, right := range keyRights() {
		names = append(names, string(right))
	}
	return names
}

// TestReferencesInTheDocumentResolve follows every $ref.
func TestReferencesInTheDocumentResolve(t *testing.T) {
	t.Parallel()
	var document map[string]any
	if err := json.Unmarshal(openAPI(), &document); err != nil {
		t.Fatal(err)
	}
	followed := 0
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			if ref, ok := value["$ref"].(string); ok {
				followed++
				if resolve(document, ref) == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, part := range value {
				walk(part)
			}
		case []any:
			for _, part := range value {
				walk(part)
			}
		}
	}
	walk(document)
	if followed < 20 {
		t.Errorf("only %d references", followed)
	}
}

func resolve(document any, ref string) any {
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		object, _ := document.(map[string]any)
		document = object[part]
	}
	return document
}

// TestBodiesAreClosedAndAnswersAreOpen: a member that we do not know is refused; one that a program does not know may come.
func TestBodiesAreClosedAndAnswersAreOpen(t *testing.T) {
	t.Parallel()
	var document struct {
		Components struct {
			Schemas map[string]struct {
				AdditionalProperties any
			}
		}
	}
	if err := json.Unmarshal(openAPI(), &document); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"ProductEdit": false, "NewClient": false, "Product": nil, "Problem": nil} {
		schema, ok := document.Components.Schemas[name]
		if !ok || schema.AdditionalProperties != want {
			t.Errorf("%s: there %v, additionalProperties %v, want %v", name, ok, schema.AdditionalProperties, want)
		}
	}
}

func TestDocumentIsServedToEverybody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for path, want := range map[string]string{"/openapi.json": `{"components"`, "/openapi.yaml": "components:"} {
		got := s.serve(httptest.NewRequest(http.MethodGet, path, nil)).want(http.StatusOK)
		if !strings.HasPrefix(got.body, want) || !strings.HasPrefix(got.header.Get("Content-Type"), "application/openapi+") {
			t.Errorf("%s is %s: %.40q", path, got.header.Get("Content-Type"), got.body)
		}
		s.serve(httptest.NewRequest(http.MethodPost, path, nil)).want(http.StatusMethodNotAllowed).problem("method-not-allowed")
	}
}

func TestEveryKindOfProblemIsExplained(t *testing.T) {
	t.Parallel()
	page, err := fs.ReadFile(docs.Guide, "guide/60-errors.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, kind := range api.Kinds() {
		if seen[kind.Name] || kind.Name == "" || kind.Title == "" || kind.Do == "" || kind.Status < 400 {
			t.Errorf("%+v", kind)
		}
		seen[kind.Name] = true
		section := fmt.Sprintf("\n### %s\n\n%d. %s. %s\n", kind.Name, kind.Status, kind.Title, kind.Do)
		if !strings.Contains(string(page), section) {
			t.Errorf("docs/guide/60-errors.md, to which the type of the problem leads, lacks%s", section)
		}
	}
}
