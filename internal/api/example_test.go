package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/api"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

var update = flag.Bool("update", false, "write the answers of the examples to examples/")

// TestExamplesRunAsTheyAreShown sends the curl command of every operation, with a key that has the right that the document
// names and no other, and holds the answer against the one that the document shows.
func TestExamplesRunAsTheyAreShown(t *testing.T) {
	t.Parallel()
	for _, o := range documented(t) {
		t.Run(o.OperationID, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			got := s.serve(s.request(o, s.key(catalog.Action(o.Right)))).want(o.success(t))
			file := filepath.Join("examples", o.OperationID+".json")
			if got.body == "" {
				if _, err := os.Stat(file); err == nil {
					t.Errorf("%s is there, but there is no answer", file)
				}
				return
			}
			shown := exemplary(t, got.body)
			if *update {
				s.must(os.WriteFile(file, []byte(shown), 0o644))
				return
			}
			if diff := cmp.Diff(indented(t, string(o.Answer)), shown); diff != "" {
				t.Errorf("the document shows another answer (-shown +real), run with -update:\n%s", diff)
			}
		})
	}
}

// TestEveryOperationNeedsItsRight is the table operation × right: a key that has every right but the operation's own is
// refused, told which one it lacks, and changes nothing; that the one right is enough is what the examples show.
func TestEveryOperationNeedsItsRight(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, o := range documented(t) {
		all := slices.DeleteFunc(keyRights(), func(right catalog.Action) bool { return string(right) == o.Right })
		p := s.serve(s.request(o, s.key(all...))).want(http.StatusForbidden).problem("forbidden")
		if p.Right != o.Right || !strings.Contains(p.Detail, o.Right) {
			t.Errorf("%s: the problem names the right %q (%s), want %q", o.OperationID, p.Right, p.Detail, o.Right)
		}
	}
}

// TestOtherOrganizationsAreNotFound sends every example with the key of another organization.
func TestOtherOrganizationsAreNotFound(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	stranger := storetest.NewDeveloper(t, s.db)
	key := s.keyOf(stranger)
	for _, o := range documented(t) {
		if strings.Contains(o.path, "{") {
			s.serve(s.request(o, key)).want(http.StatusNotFound).problem("not-found")
		}
	}
}

// operationView is an operation as the document shows it.
type operationView struct {
	OperationID string
	Summary     string
	Description string
	Tags        []string
	Right       string          `json:"x-right"`
	Curl        string          `json:"x-curl"`
	Answer      json.RawMessage `json:"x-answer"`
	Security    []map[string][]string
	Parameters  []struct {
		Name, In, Description string
		Required              bool
	}
	RequestBody *struct {
		Required bool
		Content  map[string]struct {
			Schema  map[string]any
			Example json.RawMessage
		}
	}
	Responses map[string]responseView

	method, path string
}

// responseView is an answer as the document shows it.
type responseView struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]struct {
		Schema   map[string]any
		Example  json.RawMessage
		Examples map[string]any
	}
}

// success is the one status of an answer that is no problem.
func (o operationView) success(t testing.TB) int {
	t.Helper()
	var found []int
	for code := range o.Responses {
		if code < "400" {
			var status int
			if _, err := fmt.Sscan(code, &status); err != nil {
				t.Fatal(err)
			}
			found = append(found, status)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%s has the successes %v, want one", o.OperationID, found)
	}
	return found[0]
}

// openAPI returns the document, which needs no database.
func openAPI() []byte { return api.New(api.Config{Portal: portal}).OpenAPI() }

// documented returns the operations of the document, with the answers that they share put in.
func documented(t testing.TB) []operationView {
	t.Helper()
	var document struct {
		Paths      map[string]map[string]operationView
		Components struct{ Responses map[string]responseView }
	}
	if err := json.Unmarshal(openAPI(), &document); err != nil {
		t.Fatal(err)
	}
	var list []operationView
	for path, methods := range document.Paths {
		for method, o := range methods {
			o.method, o.path = strings.ToUpper(method), path
			for code, r := range o.Responses {
				if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
					o.Responses[code] = document.Components.Responses[name]
				}
			}
			list = append(list, o)
		}
	}
	if len(list) < 30 {
		t.Fatalf("the document has %d operations", len(list))
	}
	return list
}

// request makes the request that the curl command of an example makes, on this stage.
func (s *stage) request(o operationView, key string) *http.Request {
	s.t.Helper()
	d := s.developer
	etag := fmt.Sprintf(`"%d"`, d.Product.Updated.UnixMicro())
	values := map[string]string{
		"API_KEY": key, "ETAG": etag, "ACCOUNT_ID": s.viewer.ID, "INVITATION_ID": s.invitation.ID, "PRODUCT_ID": d.Product.ID,
		"CLIENT_ID": d.Client.ID, "SECRET_ID": d.Client.Secrets[0].ID, "ERROR_ID": s.failure.ID,
	}
	words := shellWords(s.t, o.Curl, values)
	if words[0] != "curl" {
		s.t.Fatalf("%s: %q is no curl command", o.OperationID, o.Curl)
	}
	method, address, body, header := http.MethodGet, "", "", make(http.Header)
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			body = words[i]
		case "--data-binary":
			i++
			if words[i] != "@icon.png" {
				s.t.Fatalf("%s sends %s", o.OperationID, words[i])
			}
			body = icon(s.t)
		default:
			address = words[i]
		}
	}
	if !strings.HasPrefix(address, portal+"/api/v1/") {
		s.t.Fatalf("%s asks %q", o.OperationID, address)
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, address, strings.NewReader(body))
	r.Header = header
	return r
}

// shellWords splits a command as a POSIX shell does: as far as the examples need it.
func shellWords(t testing.TB, command string, values map[string]string) []string {
	t.Helper()
	var words []string
	command = strings.ReplaceAll(command, "\\\n", " ")
	word := regexp.MustCompile(`"[^"]*"|'[^']*'|[^\s"']+`)
	for _, w := range word.FindAllString(command, -1) {
		switch w[0] {
		case '\'':
			words = append(words, strings.Trim(w, "'"))
		default:
			words = append(words, os.Expand(strings.Trim(w, `"`), func(name string) string {
				if values[name] == "" && name != "API_KEY" {
					t.Fatalf("the example uses $%s", name)
				}
				return values[name]
			}))
		}
	}
	return words
}

func icon(t testing.TB) string {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
		t.Fatal(err)
	}
	return picture.String()
}

// realPrefixes are what the catalogue's ids begin with, by what storetest begins its own with.
var realPrefixes = map[string]string{"cl": "client", "cs": "secret", "inv": "invitation", "pr": "product"}

// exemplary gives what is random in an answer a form that stays: ids become others that end with a, b, c, …
func exemplary(t testing.TB, body string) string {
	t.Helper()
	ids, seen := regexp.MustCompile(`[a-z]+_[a-z2-7]{26}`), make(map[string]string)
	people := []string{"kim", "robin", "sasha"}
	if strings.Contains(body, "Robin Lind") && !strings.Contains(body, "Kim Berg") {
		people = people[1:] // whose name it is
	}
	body = regexp.MustCompile(ids.String()+`@example\.com`).ReplaceAllStringFunc(body, func(address string) string {
		if seen[address] == "" {
			seen[address] = people[len(seen)] + "@tern.example"
		}
		return seen[address]
	})
	clear(seen)
	body = ids.ReplaceAllStringFunc(body, func(id string) string {
		if seen[id] == "" {
			prefix, _, _ := strings.Cut(id, "_")
			if whole, short := realPrefixes[prefix]; short {
				prefix = whole
			}
			seen[id] = prefix + "_5gk3v7q2mzt4xw6hcn2pr6ydb" + string(rune('a'+len(seen)))
		}
		return seen[id]
	})
	body = regexp.MustCompile(`dt_cs_[A-Za-z0-9_-]{43}`).ReplaceAllString(body, "dt_cs_EXAMPLE_EXAMPLE_EXAMPLE_EXAMPLE_EXAMPLE_EXA")
	body = regexp.MustCompile(`"[0-9a-f]{64}"`).ReplaceAllString(body, `"`+strings.Repeat("0123456789abcdef", 4)+`"`)
	return indented(t, body)
}

func indented(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return strings.TrimSpace(out.String()) + "\n"
}
