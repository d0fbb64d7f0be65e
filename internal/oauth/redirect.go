package oauth

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// redirectTarget returns the redirect URI that the answer goes to: the one that was sent, if it is registered.
func redirectTarget(client dialtone.Client, sent string) (string, error) {
	for _, registered := range client.RedirectURIs {
		if sent == registered { // RFC 9700 §2.1: exact string matching.
			return sent, nil
		}
		// A confidential client is a server at a fixed address, so it has no need of changing ports.
		if client.Public() && sameButPort(registered, sent) {
			return sent, nil
		}
	}
	return "", Mismatch("redirect_uri", client.RedirectURIs, sent)
}

// defaultRedirect returns where the answer goes when the request does not say (RFC 6749 §3.1.2.3).
func defaultRedirect(client dialtone.Client) (string, error) {
	if len(client.RedirectURIs) != 1 {
		return "", fmt.Errorf("redirect_uri is missing and the client has %d registered", len(client.RedirectURIs))
	}
	return client.RedirectURIs[0], nil
}

// sameButPort is RFC 8252 §7.3 and RFC 9700 §4.1.3: an app on a computer listens at a loopback address, at whichever port is
// free. localhost counts, as editors and command line tools register it; that another host could answer to the name
// (RFC 8252 §8.3) is the registering developer's choice, and such an app needs PKCE and the person's word each time.
func sameButPort(registered, sent string) bool {
	for _, origin := range []string{"http://127.0.0.1", "http://[::1]", "http://localhost"} {
		fixed, isLoopback := strings.CutPrefix(registered, origin)
		rest, toLoopback := strings.CutPrefix(sent, origin)
		if isLoopback && toLoopback {
			want, wantOK := withoutPort(fixed)
			got, gotOK := withoutPort(rest)
			return wantOK && gotOK && want == got
		}
	}
	return false
}

// withoutPort cuts the port off what follows the host. It is false for anything that is not a port, a path or a query:
// 127.0.0.1.evil.example also begins with 127.0.0.1, and so does 127.0.0.1@evil.example.
func withoutPort(afterHost string) (string, bool) {
	if digits, ok := strings.CutPrefix(afterHost, ":"); ok {
		end := strings.IndexAny(digits, "/?")
		if end < 0 {
			end = len(digits)
		}
		port, err := strconv.ParseUint(digits[:end], 10, 16)
		if err != nil || port == 0 || end > len("65535") {
			return "", false
		}
		afterHost = digits[end:]
	}
	return afterHost, afterHost == "" || afterHost[0] == '/' || afterHost[0] == '?'
}

// Mismatch says where the parameter leaves the registered URI that it resembles most. Characters are counted from 1. The
// app's developers read it later: what the URI says about a person is left out.
func Mismatch(name string, registered []string, sent string) error {
	if len(registered) == 0 {
		return fmt.Errorf("%s cannot match: the client has none registered", name)
	}
	at, nearest := -1, ""
	for _, uri := range registered {
		if n := commonPrefix(uri, sent); n > at {
			at, nearest = n, uri
		}
	}
	sent = withoutValues(sent)
	switch at {
	case len(sent):
		return fmt.Errorf("%s ends after character %d; the registered one goes on with %s", name, at, quote(nearest[at:]))
	case len(nearest):
		return fmt.Errorf("%s goes on after the end of the registered one at character %d: %s", name, at, quote(sent[at:]))
	}
	return fmt.Errorf("%s differs from the registered one at character %d: %s instead of %s", name, at+1, quote(sent[at:]), quote(nearest[at:]))
}

// withoutValues puts stars in the place of what may be about a person in a URI, one for each character: credentials before
// the host, the values of the query, the fragment.
func withoutValues(uri string) string {
	stars := func(text string) string { return strings.Repeat("*", len(text)) }
	uri, fragment, hasFragment := strings.Cut(uri, "#")
	uri, query, hasQuery := strings.Cut(uri, "?")
	if scheme, rest, ok := strings.Cut(uri, "://"); ok {
		end := strings.IndexByte(rest+"/", '/')
		at := max(0, strings.LastIndexByte(rest[:end], '@'))
		uri = scheme + "://" + stars(rest[:at]) + rest[at:]
	}
	if hasQuery {
		pairs := strings.Split(query, "&")
		for i, pair := range pairs {
			name, value, has := strings.Cut(pair, "=")
			pairs[i] = stars(pair)
			if has {
				pairs[i] = name + "=" + stars(value)
			}
		}
		uri += "?" + strings.Join(pairs, "&")
	}
	if hasFragment {
		uri += "#" + stars(fragment)
	}
	return uri
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// ResponseLocation is the address that carries a response's parameters to a redirect URI in the mode, which is
// ResponseModeQuery or ResponseModeFragment (OAuth 2.0 Multiple Response Type Encoding Practices §2.1). A redirect URI has no
// fragment of its own: RFC 6749 §3.1.2.
func ResponseLocation(mode, redirectURI string, params []Param) string {
	if mode == ResponseModeFragment {
		return redirectURI + "#" + encodeParams(params)
	}
	return RedirectLocation(redirectURI, params)
}

// RedirectLocation appends a response's parameters to the query of a redirect URI, in their order (RFC 6749 §4.1.2). What
// the URI has already stays byte for byte.
func RedirectLocation(redirectURI string, params []Param) string {
	separator := "?"
	switch _, query, has := strings.Cut(redirectURI, "?"); {
	case len(params) == 0, has && (query == "" || strings.HasSuffix(query, "&")):
		separator = ""
	case has:
		separator = "&"
	}
	return redirectURI + separator + encodeParams(params)
}

// encodeParams is application/x-www-form-urlencoded, but a space becomes %20, which every decoder understands, and not a plus
// sign.
func encodeParams(params []Param) string {
	var text strings.Builder
	for i, param := range params {
		if i > 0 {
			text.WriteByte('&')
		}
		text.WriteString(escape(param.Name))
		text.WriteByte('=')
		text.WriteString(escape(param.Value))
	}
	return text.String()
}

func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
