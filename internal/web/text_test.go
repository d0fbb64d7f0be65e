package web

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// newVoice speaks a catalogue of one message besides the shell's own.
func newVoice(t *testing.T, language, message string) voice {
	t.Helper()
	face := fstest.MapFS{}
	for _, tag := range Languages {
		face["languages/"+tag+".json"] = &fstest.MapFile{Data: []byte(`{"greeting":{"text":"` + message + `"}}`)}
	}
	c, err := newCatalogue(shell, face)
	if err != nil {
		t.Fatal(err)
	}
	return voice{language: language, catalogue: c}
}

func TestValuesAreEscapedAndIsolated(t *testing.T) {
	t.Parallel()
	v := newVoice(t, "en", "Say {{.value}}!")
	for _, c := range []struct {
		value         any
		markup, plain string
	}{
		{`<b onclick="x">&`, `Say <bdi>&lt;b onclick=&#34;x&#34;&gt;&amp;</bdi>!`, "Say \u2068<b onclick=\"x\">&\u2069!"},
		{`{{.value}}`, `Say <bdi>{{.value}}</bdi>!`, "Say \u2068{{.value}}\u2069!"},
		{dialtone.PhoneNumber("+46701740605"), `Say <bdi dir="ltr" class="number">+46•••••0605</bdi>!`, "Say \u2066+46•••••0605\u2069!"},
		{LTR("er_<x>"), `Say <bdi dir="ltr" class="number">er_&lt;x&gt;</bdi>!`, "Say \u2066er_<x>\u2069!"},
		{90 * time.Second, `Say <span class="duration" data-seconds="90">90 seconds</span>!`, "Say 90 seconds!"},
		{6, `Say 6!`, "Say 6!"},
	} {
		text := Text{ID: "greeting.text", Values: Values{"value": c.value}}
		if got := string(v.heading(text)); got != c.markup {
			t.Errorf("%#v:\n got %s\nwant %s", c.value, got, c.markup)
		}
		if got := v.title(text); got != c.plain {
			t.Errorf("%#v:\n got %q\nwant %q", c.value, got, c.plain)
		}
	}
}

func TestDurationsAreSaidInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		language string
		span     time.Duration
		want     string
	}{
		{"en", 0, "0 seconds"},
		{"en", -time.Minute, "0 seconds"},
		{"en", time.Second, "1 second"},
		{"en", 1500 * time.Millisecond, "2 seconds"},
		{"en", time.Minute, "60 seconds"},
		{"en", 5 * time.Minute, "5 minutes"},
		{"en", 4*time.Minute + time.Second, "5 minutes"},
		{"en", 2 * time.Hour, "2 hours"},
		{"en", 23*time.Hour + time.Minute, "24 hours"},
		{"sv", 3 * time.Hour, "3 timmar"},
		{"nb", 5 * time.Minute, "5 minutter"},
		{"de", 30 * time.Second, "30 Sekunden"},
		{"fr", 30 * time.Second, "30 secondes"},
		{"es", 5 * time.Minute, "5 minutos"},
		{"ar", time.Second, "ثانية واحدة"},
		{"ar", 2 * time.Second, "ثانيتين"},
		{"ar", 5 * time.Minute, "5 دقائق"},
		{"ar", 30 * time.Second, "30 ثانية"},
		{"ar", 100 * time.Second, "100 ثانية"},
	} {
		if got := newVoice(t, c.language, "x").duration(c.span); got != c.want {
			t.Errorf("%v in %s: %q, want %q", c.span, c.language, got, c.want)
		}
	}
}

func TestLinksLeadNowhereHarmful(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://app.example/cb?error=access_denied", "http://127.0.0.1:49152/", "mailto:help@nordtel.example", "tel:+46701740605",
		"/signin?r=x", "com.example.app:/callback?code=1",
	} {
		if got := SafeLink(address); string(got) != address {
			t.Errorf("%s became %s", address, got)
		}
	}
	for _, address := range []string{
		"", "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x",
		"//evil.example", "help", "javascript:com.example.app:x",
	} {
		if got := SafeLink(address); got != "#" {
			t.Errorf("%q became %s", address, got)
		}
	}
}

func TestTemplatesGiveNamesWithValues(t *testing.T) {
	t.Parallel()
	v := newVoice(t, "en", "x")
	if _, err := v.html("greeting.text", "alone"); err == nil {
		t.Error("a name without a value passes")
	}
	if _, err := v.plain("greeting.text", 1, 2); err == nil {
		t.Error("a number as a name passes")
	}
}

func TestInitial(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"storytime": "S", "  ös": "Ö", "": "", "東京": "東"} {
		if got := initial(name); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}

func TestVisibleTextIsWhatAPersonReads(t *testing.T) {
	t.Parallel()
	got := visibleText([]byte(`<title>no</title><header>no</header><main><h1>Add <bdi>A &amp; B</bdi></h1>
		<ul><li>one</li><li>two
		words</li></ul><input value="no"></main><footer>no</footer>`))
	if want := "Add A & B\none\ntwo words"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if strings.Contains(got, "no") {
		t.Error(got)
	}
}
