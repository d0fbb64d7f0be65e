package origin

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestOnlyOurOwnPagesMayChangeSomething(t *testing.T) {
	t.Parallel()
	own := Of("https://id.example")
	for name, c := range map[string]struct {
		method, host, site, origin string
		want                       bool
	}{
		"our own form":                                {"POST", "id.example", "same-origin", "https://id.example", true},
		"typed by the person":                         {"POST", "id.example", "none", "", true},
		"another site":                                {"POST", "id.example", "cross-site", "https://evil.example", false},
		"a neighbour":                                 {"POST", "id.example", "same-site", "https://www.id.example", false},
		"another site only looks":                     {"GET", "id.example", "cross-site", "", true},
		"an older browser":                            {"POST", "id.example", "", "https://id.example", true},
		"an older browser, another site":              {"POST", "id.example", "", "https://evil.example", false},
		"an older browser, no origin that is told":    {"POST", "id.example", "", "null", false},
		"an older browser, by http":                   {"POST", "id.example", "", "http://id.example", false},
		"an older browser, another port":              {"POST", "id.example", "", "https://id.example:8443", false},
		"a proxy rewrites Host":                       {"POST", "10.0.0.7:8080", "same-origin", "https://id.example", true},
		"a proxy rewrites Host, older browser":        {"POST", "10.0.0.7:8080", "", "https://id.example", true},
		"a proxy rewrites Host, another site":         {"POST", "10.0.0.7:8080", "", "https://evil.example", false},
		"another site that calls us by its own name":  {"POST", "evil.example", "", "https://evil.example", false},
		"the inner name is no address of ours":        {"POST", "10.0.0.7:8080", "", "http://10.0.0.7:8080", false},
		"no browser":                                  {"POST", "id.example", "", "", true},
		"an origin that cannot be read":               {"POST", "", "", "://", false},
		"an origin with the usual port written down":  {"POST", "", "", "https://id.example:443", false}, // browsers leave it out
		"the empty Host of a request that has no one": {"POST", "", "", "https://", false},
	} {
		r := httptest.NewRequest(c.method, "/consent", nil)
		r.Host = c.host
		for header, value := range map[string]string{"Sec-Fetch-Site": c.site, "Origin": c.origin} {
			if value != "" {
				r.Header.Set(header, value)
			}
		}
		if err := own.Check(r); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
		if r.Host != c.host {
			t.Errorf("%s: the request was changed", name)
		}
	}
}

func TestAnAddressIsComparedAsBrowsersWriteIt(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://ID.Example":      "https://id.example",
		"https://id.example:443":  "https://id.example",
		"http://localhost:80":     "http://localhost",
		"https://id.example:8443": "https://id.example:8443",
		"http://[::1]:8080":       "http://[::1]:8080",
		"https://bücher.example":  "https://xn--bcher-kva.example",
		"":                        "",
		"id.example":              "",
	} {
		if got := serialized(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Origin", want)
		if err := Of(address).Check(r); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Origin", "https://id.example")
	if Of("").Check(r) == nil {
		t.Error("no address accepts every origin")
	}
}
