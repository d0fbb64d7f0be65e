package legible

import (
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

const (
	formType = "application/x-www-form-urlencoded; charset=utf-8"
	jsonType = "application/json"
)

// read reads the body byte by byte and returns what reading failed with.
func read(contentType, body string) error {
	source := io.NopCloser(iotest.OneByteReader(strings.NewReader(body)))
	_, err := io.Copy(io.Discard, Body(source, contentType, ""))
	return err
}

func TestBodiesAreReadAsFarAsTheyAreText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		contentType, body string
		good              bool
	}{
		{formType, "", true},
		{formType, "name=Åsa+%C3%85&x=%F0%9F%93%B1", true},
		{formType, "a=%zz&b=%", true}, // whoever reads the form refuses it
		{formType, "a=100%25&b=%4", true},
		{formType, "a=\x00", false},
		{formType, "a=%00", false},
		{formType, "%00=a", false},
		{formType, "a=%%00", false},
		{formType, "a=%4%00", false},
		{formType, "a=\xff", false},
		{formType, "a=%FF", false},
		{formType, "a=%C3&b=c", false},
		{formType, "a=%C3", false},
		{formType, "a=\xc3%85", true},       // one letter, half of it escaped
		{formType, "a=%ED%A0%80", false},    // a surrogate
		{formType, "a=%C0%80", false},       // NUL, written too long
		{formType, "a=%F4%90%80%80", false}, // beyond Unicode
		{formType, "a=" + `\u0000`, true},   // a backslash is a letter here
		{jsonType, `{"a":"Å \u00c5 📱 \ud83d\udcf1 \\u0000 \" \/"}`, true},
		{jsonType, `{"a":"%00"}`, true},
		{jsonType, "{\"a\":\"\x00\"}", false},
		{jsonType, `{"a":"\u0000"}`, false},
		{jsonType, `{"\u0000":1}`, false},
		{jsonType, `{"a":"\\\u0000"}`, false},
		{jsonType, `{"a":"\ud83d"}`, false},
		{jsonType, `{"a":"\ud83dx"}`, false},
		{jsonType, `{"a":"\ud83d\n"}`, false},
		{jsonType, `{"a":"\ud83d\ud83d"}`, false},
		{jsonType, `{"a":"\udcf1"}`, false},
		{jsonType, "{\"a\":\"\xc3\"}", false},
		{"application/problem+json", `"\u0000"`, false},
		{"Application/JSON", `"\u0000"`, false},
		{"", `"\u0000"`, false},
		{"image/png", "\x89PNG\x00", true},
		{"multipart/form-data; boundary=x", "\x00", true},
	} {
		err := read(c.contentType, c.body)
		if c.good && err != nil || !c.good && !errors.Is(err, ErrNot) {
			t.Errorf("%s %q: %v", c.contentType, c.body, err)
		}
	}
}

func TestAnEncodedBodyIsLeftAlone(t *testing.T) {
	t.Parallel()
	if _, err := io.ReadAll(Body(io.NopCloser(strings.NewReader("\x1f\x8b\x00")), jsonType, "gzip")); err != nil {
		t.Error(err)
	}
}

func TestAFaultStays(t *testing.T) {
	t.Parallel()
	body := Body(io.NopCloser(strings.NewReader("a=%00&b=c")), formType, "")
	for range 2 {
		if _, err := io.ReadAll(body); !errors.Is(err, ErrNot) {
			t.Fatalf("reading gave %v", err)
		}
	}
}

func TestPaths(t *testing.T) {
	t.Parallel()
	for path, good := range map[string]bool{"/a/%C3%85": true, "/a%2Fb": true, "/a/%00": false, "/%FF": false, "/a%2F\xff": false} {
		address, err := url.ParseRequestURI(path)
		if err != nil {
			t.Fatal(err)
		}
		if Path(address) != good {
			t.Errorf("%s: %t, want %t", path, !good, good)
		}
	}
}

// FuzzForm: what is refused is what net/url would give out as no text.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"a=b", "a=%C3%85", "%00", "a=%C3&b", "%zz"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		want := true
		for name, list := range values {
			for _, value := range list {
				want = want && Text(name) && Text(value)
			}
		}
		if got := Query(raw); got && !want {
			t.Errorf("%q is taken for text", raw)
		}
		if (read(formType, raw) == nil) != Query(raw) {
			t.Errorf("%q: body and query differ", raw)
		}
	})
}

// FuzzDocument: a document that passes holds no value that is no text, and none that encoding/json had to repair.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `"\u0000"`, `"\ud83d\udcf1"`, `"\ud83d"`, "\"\xff\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var value any
		if json.Unmarshal([]byte(raw), &value) != nil {
			return
		}
		repaired := false
		walk(value, func(text string) {
			repaired = repaired || strings.Contains(text, "\x00") || strings.ContainsRune(text, utf8.RuneError) && !strings.Contains(raw, "\uFFFD") &&
				!strings.Contains(strings.ToLower(raw), `\ufffd`)
		})
		if err := read(jsonType, raw); err == nil && repaired {
			t.Errorf("%q is taken for text", raw)
		} else if err != nil && utf8.ValidString(raw) && !strings.Contains(raw, `\u`) {
			t.Errorf("%q is refused", raw)
		}
	})
}

func walk(value any, see func(string)) {
	switch value := value.(type) {
	case string:
		see(value)
	case map[string]any:
		for name, part := range value {
			see(name)
			walk(part, see)
		}
	case []any:
		for _, part := range value {
			walk(part, see)
		}
	}
}
