package protocol

import (
	"strings"
	"testing"
)

func TestAPreflightIsAllowedTheHeadersThatItAsksFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		asked []string
		want  string
	}{
		{nil, usualHeaders},
		{[]string{""}, usualHeaders},
		{[]string{"authorization"}, "authorization"},
		{[]string{"authorization,content-type"}, "authorization, content-type"},
		{[]string{"dpop, traceparent", "x-requested-with"}, "dpop, traceparent, x-requested-with"},
		{[]string{"mcp-protocol-version\t"}, "mcp-protocol-version"},
		{[]string{"a b"}, usualHeaders},
		{[]string{"authorization,,dpop"}, usualHeaders},
		{[]string{"x: y"}, usualHeaders},
		{[]string{"x\r\nSet-Cookie: a=b"}, usualHeaders},
		{[]string{"é"}, usualHeaders},
		{[]string{"*"}, "*"}, // a name like any other: with credentials it means itself
		{[]string{strings.Repeat("x", longestHeaders)}, strings.Repeat("x", longestHeaders)},
		{[]string{strings.Repeat("x", longestHeaders+1)}, usualHeaders},
	} {
		if got := allowedHeaders(c.asked); got != c.want {
			t.Errorf("%q: %q, want %q", c.asked, got, c.want)
		}
	}
}
