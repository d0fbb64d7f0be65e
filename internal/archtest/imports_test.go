package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/dialtone-id/dialtone/"

// room is a folder of the house and the rule for its imports.
type room struct {
	folder string   // below the module; "internal/web/*" means every folder below internal/web
	may    []string // folders that it may import, in the same notation
	why    string   // the reason, printed with every violation
}

// The floors, from the ground up. A room may use what stands below it.
var (
	ground = []string{"internal/dialtone", "internal/writing"}
	tools  = []string{"internal/oauth", "internal/token", "internal/message", "internal/keys", "internal/secret", "internal/outbound", "internal/rate", "internal/strangers", "internal/lastuse", "internal/origin", "internal/legible", "internal/fixed", "internal/written", "internal/sheet", "internal/icon"}
	verbs  = []string{"internal/flow", "internal/consent", "internal/signin", "internal/account", "internal/company", "internal/catalog", "internal/operator", "internal/audit", "internal/care", "internal/directory", "internal/traffic"}
	faces  = []string{"internal/protocol", "internal/api", "internal/web", "internal/web/*"}
	house  = slices.Concat(ground, tools, verbs, faces, []string{"internal/apply", "internal/store", "internal/store/*", "internal/server", "docs"})
)

const (
	whyVerb = "a verb holds a rule: it may use the nouns, the tools below and its neighbours, but knows neither a face nor the " +
		"store; it declares the methods that it needs beside their use, and the server hands the store in"
	whyFace = "a face parses and answers: the rule behind it lives in a verb, and faces meet only in the server, so that each can be " +
		"read, and left out, alone"
)

// rooms has a rule for every folder with Go code. A folder that is missing here fails the test: give it its place.
var rooms = slices.Concat(
	[]room{
		{"internal/dialtone", nil, "the nouns are the ground floor: everything imports them, so they import nothing"},
		{"internal/writing", []string{"internal/dialtone"}, "how people write is one rule for every floor, and asks nobody what for"},
		{"internal/secret", ground, "secrets are used from every floor and know nothing but the nouns"},
		{"internal/fixed", nil, "a body that is the same for everybody is served without knowing what it says"},
		{"internal/legible", nil, "whether bytes are text is asked at every door, and depends on nothing"},
		{"internal/oauth", append(slices.Clone(ground), "internal/legible"), "the protocol's rules are pure: whoever checks them against the RFCs needs to read nothing else"},
		{"internal/token", []string{"internal/dialtone", "internal/secret"}, "a token is minted from what it is given; it looks nothing up"},
		{"internal/keys", []string{"internal/dialtone", "internal/secret", "internal/token"}, "keys are made and rotated without knowing who uses them; rows come through an interface"},
		{"internal/message", []string{"internal/dialtone", "internal/writing", "internal/secret", "internal/legible"}, "a sender carries a text to a number and does not know why"},
		{"internal/outbound", ground, "the guarded client fetches an address and does not know for whom"},
		{"internal/written", ground, "it reads what people write and does not know what for"},
		{"internal/sheet", ground, "it reads and writes tables and does not know what their columns mean"},
		{"internal/icon", ground, "it draws pictures anew and does not know whose they are"},
		{"internal/logtest", nil, "what helps every room's tests depends on none"},
		{"internal/lastuse", nil, "it keeps ids and times, and does not know whose"},
		{"internal/origin", nil, "whose page a request comes from is told by its headers and one configured address"},
		{"internal/rate", nil, "counting needs nothing but a clock, and that comes in"},
		{"internal/strangers", []string{"internal/dialtone", "internal/secret", "internal/rate"}, "one way to bound strangers for all who sign somebody in: it does not know as whom"},
		{"docs", nil, "the guide is text; the portal shows it"},
		{"internal/store", []string{"internal/dialtone", "internal/secret"}, "the store keeps nouns and counts; a rule in SQL would be a rule that no verb knows of"},
		{"internal/store/*", []string{"internal/dialtone", "internal/secret", "internal/store"}, "what helps to test the store stands beside it"},
		{"internal/web/desk", slices.Concat(ground, tools, []string{"internal/web", "internal/traffic"}), "a desk is every face's: it draws figures, and otherwise knows neither a verb nor whose it is"},
		{"internal/web", slices.Concat(ground, tools), "the page shell renders what it is given; pages know the verbs, the shell does not"},
		{"internal/web/*", slices.Concat(ground, tools, verbs, []string{"internal/web", "internal/web/*"}), whyFace},
		{"internal/protocol", slices.Concat(ground, tools, verbs), whyFace},
		{"internal/api", slices.Concat(ground, tools, verbs), whyFace},
		{"internal/apply", slices.Concat(ground, tools, verbs), "a document is written through the verbs of each noun; none of them knows that there are documents"},
		{"internal/server", slices.Concat(house, []string{"examples/*"}), "the server joins everything, and nothing joins the server but the command"},
		{"internal/archtest", nil, "it reads the repository and runs nothing of it"},
		{"cmd/dialtone", slices.Concat(house, []string{"examples/*"}), "a command parses flags and calls the server"},
		{"bench", house, "the benchmark drives the real server"},
		{"examples/*", nil, "an example is an app that somebody else could have written: it knows the wire only"},
		{"test/rig", nil, "what starts nodes and servers for the programs beside it knows the wire and the command lines only"},
		{"test/failover", []string{"test/rig"}, "the fail-over treats nodes and servers as an operator does: it knows the wire and the command lines only"},
		{"test/restore", []string{"test/rig"}, "the restore treats node and server as an operator does: it knows the wire and the command lines only"},
		{"test/rolling", []string{"test/rig"}, "the rolling restart treats the nodes as a balancer does: it knows the wire and the command line only"},
		{"interop", []string{"docs"}, "the interoperability run treats the server as a stranger does: it knows the wire, the command line and the guide"},
	},
	each(verbs, slices.Concat(ground, tools, verbs), whyVerb),
)

func each(folders, may []string, why string) []room {
	var made []room
	for _, folder := range folders {
		made = append(made, room{folder, may, why})
	}
	return made
}

// restriction keeps an import from outside of the module out of all rooms but some, or out of some rooms.
type restriction struct {
	imports []string // import paths; all packages below them, too
	only    []string // rooms that may import them; empty: all but those in not
	not     []string
	why     string
}

var restrictions = []restriction{
	{
		imports: []string{"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx"},
		// The benchmark measures us against a bare server on the same drivers.
		only: []string{"internal/store", "internal/store/*", "bench"},
		why:  "only the store speaks SQL: one exported method is one transaction and one intention",
	},
	{
		imports: []string{"net/http", "net/http/httptest"},
		not:     []string{"internal/dialtone", "internal/writing", "internal/secret", "internal/oauth", "internal/token", "internal/keys", "internal/rate", "internal/strangers", "internal/lastuse", "internal/legible", "internal/written", "internal/sheet", "internal/store", "internal/flow", "internal/consent", "internal/signin", "internal/directory", "internal/catalog", "internal/operator", "internal/audit", "internal/care", "internal/traffic", "internal/apply"},
		why:     "nouns, rules and verbs do not know that they are called over HTTP",
	},
}

// source is one Go file, with its folder below the module.
type source struct {
	folder, name string
	file         *ast.File
	positions    *token.FileSet
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		for _, violation := range s.violations() {
			t.Error(violation)
		}
	}
}

func TestNounsUseTheStandardLibraryOnly(t *testing.T) {
	for _, s := range sources(t) {
		if s.folder != "internal/dialtone" {
			continue
		}
		for _, imported := range s.imports() {
			if strings.Contains(strings.Split(imported, "/")[0], ".") {
				t.Errorf("%s/%s imports %s: the nouns use the standard library only, so that they outlive every dependency", s.folder, s.name, imported)
			}
		}
	}
}

func TestNounsAndRulesHaveNoClock(t *testing.T) {
	for _, s := range sources(t) {
		if s.folder != "internal/dialtone" && s.folder != "internal/oauth" {
			continue
		}
		ast.Inspect(s.file, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if from, ok := selector.X.(*ast.Ident); ok && from.Name == "time" && (selector.Sel.Name == "Now" || selector.Sel.Name == "Since") {
					t.Errorf("%s/%s calls time.%s: time comes in as now, so that every rule can be tested at any moment",
						s.folder, s.positions.Position(selector.Pos()), selector.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestViolationsAreFound(t *testing.T) {
	for _, c := range []struct{ folder, imports, want string }{
		{"internal/dialtone", module + "internal/secret", "ground floor"},
		{"internal/oauth", module + "internal/token", "pure"},
		{"internal/oauth", "net/http", "over HTTP"},
		{"internal/flow", module + "internal/store", "declares the methods"},
		{"internal/signin", module + "internal/web/subscriber", "knows neither a face"},
		{"internal/protocol", module + "internal/web/portal", "meet only in the server"},
		{"internal/web", module + "internal/server", "page shell"},
		{"internal/store", module + "internal/flow", "no verb knows of"},
		{"internal/server", module + "cmd/dialtone", "nothing joins the server"},
		{"internal/web/console", "database/sql", "only the store speaks SQL"},
		{"cmd/dialtone", "github.com/jackc/pgx/v5/stdlib", "only the store speaks SQL"},
		{"examples/rp", module + "internal/secret", "somebody else"},
		{"internal/attic", "fmt", "no room"},
	} {
		file := &ast.File{Imports: []*ast.ImportSpec{{Path: &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(c.imports)}}}}
		found := strings.Join(source{folder: c.folder, name: "x.go", file: file}.violations(), "\n")
		if !strings.Contains(found, c.want) {
			t.Errorf("%s importing %s: got %q, want a reason with %q", c.folder, c.imports, found, c.want)
		}
	}
}

// violations says which of the file's imports break a rule, and why the rule is there.
func (s source) violations() []string {
	i := slices.IndexFunc(rooms, func(r room) bool { return r.folder == s.folder })
	if i < 0 {
		i = slices.IndexFunc(rooms, func(r room) bool { return matches(r.folder, s.folder) })
	}
	if i < 0 {
		return []string{fmt.Sprintf("%s/%s stands in no room: say in internal/archtest and docs/architecture.md where the folder belongs and what it may import", s.folder, s.name)}
	}
	rule := rooms[i]
	var found []string
	for _, imported := range s.imports() {
		if ours, ok := strings.CutPrefix(imported, module); ok {
			if ours != s.folder && !anyMatches(rule.may, ours) {
				found = append(found, fmt.Sprintf("%s/%s imports %s: %s", s.folder, s.name, ours, rule.why))
			}
			continue
		}
		for _, r := range restrictions {
			named := slices.ContainsFunc(r.imports, func(p string) bool { return imported == p || strings.HasPrefix(imported, p+"/") })
			allowed := len(r.only) == 0 || anyMatches(r.only, s.folder)
			if named && (!allowed || anyMatches(r.not, s.folder)) {
				found = append(found, fmt.Sprintf("%s/%s imports %s: %s", s.folder, s.name, imported, r.why))
			}
		}
	}
	return found
}

func (s source) imports() []string {
	var paths []string
	for _, spec := range s.file.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths = append(paths, imported)
		}
	}
	return paths
}

// matches reports whether folder is the one that the pattern names, or below it if the pattern ends with /*.
func matches(pattern, folder string) bool {
	above, below := strings.CutSuffix(pattern, "*")
	return pattern == folder || below && strings.HasPrefix(folder, above)
}

func anyMatches(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, folder) })
}

// sources parses all Go files of the module but tests, which may use any room to set the stage.
func sources(t *testing.T) []source {
	t.Helper()
	var found []source
	walk(t, func(name string, entry fs.DirEntry) {
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "tools/") {
			return
		}
		positions := token.NewFileSet()
		file, err := parser.ParseFile(positions, filepath.Join(root, name), nil, 0)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		found = append(found, source{folder: path.Dir(name), name: path.Base(name), file: file, positions: positions})
	})
	if len(found) == 0 {
		t.Fatal("there is no Go file in the module")
	}
	return found
}
