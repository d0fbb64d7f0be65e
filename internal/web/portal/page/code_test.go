package page

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestCodeHasColoursAndKeepsItsText(t *testing.T) {
	t.Parallel()
	tags := regexp.MustCompile(`<span class="code-[a-z]+">|</span>`)
	for _, c := range []struct{ language, source, want string }{
		{"go", "// hello\nfunc main() { x := \"<b>\" }\n", `<span class="code-comment">// hello`},
		{"sh", "# once\ncurl -d 'a=<b>&c' \"$URL\"\n", `<span class="code-string">&#39;a=&lt;b&gt;&amp;c&#39;</span>`},
		{"json", "{\"a\": [1, true, \"<x>\"]}\n", `<span class="code-number">1</span>`},
		{"nonsense", "<script>alert(1)</script>", "&lt;script&gt;"},
		{"", "\r\n<plain>", "&lt;plain&gt;"},
	} {
		code := string(Code(c.language, c.source))
		if !strings.Contains(code, c.want) {
			t.Errorf("%s: %s lacks %s", c.language, code, c.want)
		}
		if got := html.UnescapeString(tags.ReplaceAllString(code, "")); got != c.source {
			t.Errorf("%s: the text became %q, want %q", c.language, got, c.source)
		}
	}
}
