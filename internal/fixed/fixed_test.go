package fixed

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var text = strings.Repeat("the same again and again. ", 100)

func ask(a *Answer, headers ...string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	a.Serve(w, r)
	return w
}

func TestAnAnswerIsCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	a := New("text/plain", []byte(text))
	for accept, zipped := range map[string]bool{
		"": false, "gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "*": true, "identity": false, "gzip;q=0": false, "gzip; q=0.000": false,
		"*, gzip;q=0": false, "gzip;q=0, *": false, "br": false,
	} {
		w := ask(a, "Accept-Encoding", accept)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != zipped {
			t.Errorf("%q: gzip %t, want %t", accept, got, zipped)
		}
		if w.Header().Get("Vary") != "Accept-Encoding" || w.Header().Get("ETag") == "" {
			t.Errorf("%q: headers %v", accept, w.Header())
		}
		body := io.Reader(w.Body)
		if zipped {
			var err error
			if body, err = gzip.NewReader(w.Body); err != nil {
				t.Fatal(err)
			}
		}
		if content, err := io.ReadAll(body); err != nil || string(content) != text {
			t.Errorf("%q: %v, %q", accept, err, content)
		}
	}
}

func TestWhoHasTheBodyGetsItNoSecondTime(t *testing.T) {
	t.Parallel()
	a := New("text/plain", []byte(text))
	tag := ask(a).Header().Get("ETag")
	for have, want := range map[string]int{
		tag: 304, strings.TrimPrefix(tag, "W/"): 304, `"other", ` + tag: 304, "*": 304, `"other"`: 200, "": 200,
	} {
		if w := ask(a, "If-None-Match", have); w.Code != want || want == 304 && w.Body.Len() > 0 {
			t.Errorf("%q: status %d with %d bytes, want %d", have, w.Code, w.Body.Len(), want)
		}
	}
}

func TestABodyThatWouldGrowIsSentAsItIs(t *testing.T) {
	t.Parallel()
	if w := ask(New("text/plain", []byte("a")), "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "" {
		t.Error("one letter was compressed")
	}
}

func TestTheLatestBodyIsServed(t *testing.T) {
	t.Parallel()
	var l Latest
	first := l.Of("text/plain", []byte("one"))
	if l.Of("text/plain", []byte("one")) != first || l.Of("text/plain", []byte("two")) == first {
		t.Error("the answer is made anew, or is not")
	}
}
