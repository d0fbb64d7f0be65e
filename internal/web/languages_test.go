package web

import (
	"testing"
	"testing/fstest"
)

func TestMatchChoosesALanguage(t *testing.T) {
	t.Parallel()
	face := fstest.MapFS{"static/x.css": {}, "templates/x.html": {}}
	for _, tag := range Languages {
		face["languages/"+tag+".json"] = &fstest.MapFile{Data: []byte(`{"face":{"x":"x"}}`)}
	}
	face["templates/x.html"].Data = []byte(`{{define "head"}}{{end}}`)
	r, err := NewRenderer(face)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		uiLocales      []string
		acceptLanguage string
		want           string
	}{
		{nil, "", "en"},
		{nil, "sv-SE,sv;q=0.9,en;q=0.8", "sv"},
		{nil, "en;q=0.5,fr-CA", "fr"},
		{nil, "no", "nb"},
		{nil, "nn-NO", "nb"},
		{nil, "ar-EG", "ar"},
		{nil, "es-419", "es"},
		{nil, "ja, de;q=0.1", "de"},
		{nil, "ja", "en"},
		{nil, "\x00;;;q=", "en"},
		{[]string{"de-AT"}, "sv", "de"},
		{[]string{"ja", "fr"}, "sv", "fr"},
		{[]string{"ja"}, "sv", "sv"},
		{[]string{"not a language", "ar"}, "", "ar"},
	} {
		if got := r.Match(c.uiLocales, c.acceptLanguage); got != c.want {
			t.Errorf("Match(%q, %q) = %s, want %s", c.uiLocales, c.acceptLanguage, got, c.want)
		}
	}
}

func TestCatalogueRefusesAMessageThatIsThereTwice(t *testing.T) {
	t.Parallel()
	if _, err := newCatalogue(shell, shell); err == nil {
		t.Error("the same messages twice pass")
	}
}
