package oauth

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A vector is one case of a file in testdata. The files are read by people first:
//
//	# a comment
//	case   what the case is about
//	key    value up to the end of the line
//	key    keys may repeat
//
// The next case ends it. \n, \t and \xHH in a value stand for bytes that a text file cannot show.
type vector struct {
	name  string
	line  int
	lines []entry
}

type entry struct{ key, value string }

// vectors reads testdata/NAME. Keys beyond those that are listed are a mistake in the file.
func vectors(t testing.TB, name string, keys ...string) []vector {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var found []vector
	for i, line := range strings.Split(string(text), "\n") {
		key, value, _ := strings.Cut(line, " ")
		value = unquote(strings.TrimLeft(value, " "))
		switch {
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
		case key == "case":
			found = append(found, vector{name: value, line: i + 1})
		case !slices.Contains(keys, key) || len(found) == 0:
			t.Fatalf("%s:%d: unexpected key %q", name, i+1, key)
		default:
			last := &found[len(found)-1]
			last.lines = append(last.lines, entry{key, value})
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no case", name)
	}
	return found
}

// unquote undoes the escapes of a vector's value.
func unquote(value string) string {
	return escapes.ReplaceAllStringFunc(value, func(escape string) string {
		switch escape[1] {
		case 'n':
			return "\n"
		case 't':
			return "\t"
		}
		code, _ := strconv.ParseUint(escape[2:], 16, 8)
		return string([]byte{byte(code)})
	})
}

var escapes = regexp.MustCompile(`\\(n|t|x[0-9A-F]{2})`)

// get returns the value of a key that stands at most once.
func (v vector) get(key string) string {
	if all := v.all(key); len(all) > 0 {
		return all[0]
	}
	return ""
}

// has reports whether the key is there.
func (v vector) has(key string) bool { return len(v.all(key)) > 0 }

func (v vector) all(key string) []string {
	var values []string
	for _, e := range v.lines {
		if e.key == key {
			values = append(values, e.value)
		}
	}
	return values
}

// each runs a vector file as subtests.
func each(t *testing.T, name string, keys []string, run func(*testing.T, vector)) {
	t.Helper()
	for _, v := range vectors(t, name, keys...) {
		t.Run(v.name, func(t *testing.T) {
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("testdata/%s:%d", name, v.line)
				}
			})
			run(t, v)
		})
	}
}

// outcome writes an error as the vectors do: "CODE: DESCRIPTION", or "ok".
func outcome(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return "ok"
	}
	fault, ok := err.(*Error)
	if !ok {
		t.Fatalf("%T is not an *Error: %v", err, err)
	}
	checkPublic(t, fault)
	return string(fault.Code) + ": " + fault.Description
}

// checkPublic proves that an error can stand on the wire (RFC 6749 §5.2).
func checkPublic(t testing.TB, fault *Error) {
	t.Helper()
	if fault.Code == "" || fault.Description == "" {
		t.Fatalf("error without code or description: %#v", fault)
	}
	for _, r := range fault.Description {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			t.Fatalf("description %q has %q", fault.Description, r)
		}
	}
}

// matches compares an outcome with the expected one: "CODE" alone matches any description, "CODE: TEXT" one that has TEXT.
func matches(got, want string) bool {
	code, text, _ := strings.Cut(want, ": ")
	gotCode, gotText, _ := strings.Cut(got, ": ")
	return code == gotCode && strings.Contains(gotText, text)
}
