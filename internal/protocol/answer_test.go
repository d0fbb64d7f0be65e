package protocol

import (
	"bytes"
	"testing"
)

func FuzzTokenAnswer(f *testing.F) {
	f.Add("dt_at_x", "", "", "", "bearer", 3600)
	f.Add("dt_at_x", "a.b.c", "dt_rt_x", "openid phone", "bearer", 0)
	f.Add("\"<&\\ \u2028é\x00\xff", "\n", "", "sms.text:send_to_subscriber", "", -1)
	f.Fuzz(func(t *testing.T, access, id, refresh, scope, kind string, expires int) {
		answer := tokenAnswer{AccessToken: access, ExpiresIn: expires, IDToken: id, RefreshToken: refresh, Scope: scope, TokenType: kind}
		var want bytes.Buffer
		encode(&want, answer)
		if got := answer.appendJSON(nil); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%s, want %s", got, want.Bytes())
		}
	})
}
