package pages_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/web"
)

// The folders whose words are on a page: the shell's and ours.
var folders = []string{"../../languages", "languages"}

// read returns the messages of a language file: by id, the forms of the message.
func read(t *testing.T, folder, language string) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, language+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatalf("%s/%s.json: %v", folder, language, err)
	}
	messages := map[string]map[string]string{}
	flatten(messages, "", tree)
	return messages
}

func flatten(messages map[string]map[string]string, prefix string, tree map[string]any) {
	for key, value := range tree {
		switch value := value.(type) {
		case string:
			messages[prefix+key] = map[string]string{"other": value}
		case map[string]any:
			if _, plural := value["other"]; !plural {
				flatten(messages, prefix+key+".", value)
				continue
			}
			messages[prefix+key] = map[string]string{}
			for form, text := range value {
				messages[prefix+key][form] = text.(string)
			}
		}
	}
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// placeholders returns what a message names, without count: a plural form may leave it out.
func placeholders(text string) []string {
	var names []string
	for _, match := range placeholder.FindAllStringSubmatch(text, -1) {
		if match[1] != "count" {
			names = append(names, match[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestEveryLanguageSaysTheSame(t *testing.T) {
	t.Parallel()
	forms := map[string][]string{"ar": {"few", "many", "one", "other", "two", "zero"}}
	for _, folder := range folders {
		english := read(t, folder, "en")
		for _, language := range web.Languages {
			messages := read(t, folder, language)
			if got, want := slices.Sorted(maps.Keys(messages)), slices.Sorted(maps.Keys(english)); !slices.Equal(got, want) {
				t.Errorf("%s/%s.json has other messages than en.json:\n%q\n%q", folder, language, got, want)
				continue
			}
			for id, message := range messages {
				wantForms := []string{"other"}
				if len(english[id]) > 1 {
					wantForms = []string{"one", "other"}
					if forms[language] != nil {
						wantForms = forms[language]
					}
				}
				if got := slices.Sorted(maps.Keys(message)); !slices.Equal(got, wantForms) {
					t.Errorf("%s: %s has the forms %q, want %q", language, id, got, wantForms)
				}
				for form, text := range message {
					checkMessage(t, language, id+" ("+form+")", text, english[id]["other"])
				}
			}
		}
	}
}

func checkMessage(t *testing.T, language, id, text, english string) {
	switch {
	case strings.TrimSpace(text) != text || text == "":
		t.Errorf("%s: %s is empty or has spaces around it", language, id)
	case strings.ContainsAny(text, "<>&"):
		// Messages go into pages as they are.
		t.Errorf("%s: %s holds markup", language, id)
	case !slices.Equal(placeholders(text), placeholders(english)):
		t.Errorf("%s: %s has the values %q, in English %q", language, id, placeholders(text), placeholders(english))
	case strings.Contains(placeholder.ReplaceAllString(text, ""), "{"):
		t.Errorf("%s: %s has a broken placeholder", language, id)
	case language != "en" && text == english && !strings.HasPrefix(id, "duration."): // "minutes" is French, too
		t.Errorf("%s: %s is not translated: %q", language, id, text)
	}
}

func TestEveryMessageIsUsed(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	for _, pattern := range []string{"templates/*.html", "../../templates/*.html", "*.go", "../../*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(text)
		}
	}
	for _, folder := range folders {
		for id := range read(t, folder, "en") {
			if strings.HasPrefix(id, "error.") {
				continue // put together from the problem, see Error.Title
			}
			if !strings.Contains(sources.String(), `"`+id+`"`) {
				t.Errorf("nothing says %s", id)
			}
		}
	}
}
