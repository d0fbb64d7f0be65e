package archtest

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the repository, seen from this folder.
const root = "../.."

// phrase is something that no file may say. The expressions are put together from pieces, so that this file does not say
// it either.
type phrase struct {
	expression *regexp.Regexp
	why        string
}

var phrases = []phrase{
	{
		regexp.MustCompile(`(?:^|[^\w.~/-])/(?:` + strings.Join([]string{"root", "work", "home", "workspace", "Users"}, "|") + `)/\w`),
		"a path of somebody's machine: write it relative to the repository, or ask the environment",
	},
	{
		regexp.MustCompile(`(?i)\b(?:` + strings.Join([]string{
			`registry\.` + `npmjs`, `registry\.` + `yarnpkg`, `proxy\.` + `golang`, `sum\.` + `golang`, `\w+\.` + `pythonhosted`,
			`pypi` + `\.org`, `pypi\.` + `python`, `repo1?\.` + `maven`, `repo\.maven` + `\.apache`,
		}, "|") + `)`),
		"the host of a package registry: which one is used is decided where the build runs, not here",
	},
	{
		regexp.MustCompile(`\b(?:` + strings.Join([]string{"product", "telecom", "design", "conventions", "house", "pitfalls"}, "|") + `)\.md\b`),
		"a page that is not in the repository: what is promised stands in docs/promises.md, what was decided in docs/decisions",
	},
}

// In a lock file of npm, an address says from where a package came; name, version and checksum are enough.
var lockPhrases = []phrase{{
	regexp.MustCompile(`"resolved"\s*:`),
	"the address of a package: run npm with omit-lockfile-registry-resolved=true, as the .npmrc beside it says",
}}

func TestNoFileNamesAMachineOrARegistry(t *testing.T) {
	read := 0
	walk(t, func(name string, entry fs.DirEntry) {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			return
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return // not a text: a picture, or a program that somebody built here
		}
		read++
		for _, complaint := range complaints(name, text) {
			t.Error(complaint)
		}
	})
	if read == 0 {
		t.Fatal("there is no file in the repository")
	}
}

func TestForbiddenPhrasesAreFound(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"a.md", "see /" + "root/notes", 1},
		{"a.md", "dir=/" + "home/kim/x", 1},
		{"a.md", "https://example.com/" + "home/page and internal/" + "work/x", 0},
		{"a.go", "// as product" + ".md §3 says", 1},
		{"a.md", "see by-product.mdx", 0},
		{"a.txt", "https://registry." + "npmjs.org/x", 1},
		{"a.txt", "GOPROXY=https://proxy." + "golang.org", 1},
		{"x/package-lock.json", `"resolved": "https://mirror.example/x.tgz"`, 1},
		{"x/package.json", `"resolved": true`, 0},
	} {
		if got := complaints(c.name, []byte(c.text)); len(got) != c.want {
			t.Errorf("%s %q: %d complaints, want %d: %q", c.name, c.text, len(got), c.want, got)
		}
	}
}

// complaints says which lines of a file hold a forbidden phrase, and why it is forbidden.
func complaints(name string, text []byte) []string {
	applying := phrases
	if path.Base(name) == "package-lock.json" {
		applying = slices.Concat(phrases, lockPhrases)
	}
	var found []string
	for line := range bytes.Lines(text) {
		for _, p := range applying {
			if match := p.expression.Find(line); match != nil {
				found = append(found, name+" says "+strings.TrimSpace(string(match))+": "+p.why)
			}
		}
	}
	return found
}

// left names what is installed, built or run here, not written: .git, which is a file in a linked work tree, and folders
// that .gitignore leaves out.
var left = []string{".git", "node_modules", ".venv", "target", "__pycache__", "dialtone-demo"}

// walk calls see for every file of the repository, by its name with slashes below the root.
func walk(t *testing.T, see func(name string, entry fs.DirEntry)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(left, entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case entry.Type().IsRegular():
			see(name, entry)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
