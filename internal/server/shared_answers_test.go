package server

import (
	"net/http"
	"testing"

	"github.com/dialtone-id/dialtone/internal/message"
)

func TestWhatIsTheSameForEverybodyIsCompressedAndSentOnce(t *testing.T) {
	t.Parallel()
	c := onThisMachine(t)
	c.PortalURL, c.PortalListen, c.Inbox = "http://localhost:8081", "127.0.0.1:0", message.NewInbox()
	addresses, _ := start(t, c)
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	ask := func(address, header, value string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
		return answer
	}
	for _, address := range []string{
		addresses["identity"] + "/.well-known/openid-configuration", addresses["identity"] + "/.well-known/jwks.json",
		addresses["portal"] + "/docs", addresses["portal"] + "/docs/api", addresses["portal"] + "/openapi.json", addresses["portal"] + "/openapi.yaml",
	} {
		zipped := ask(address, "Accept-Encoding", "gzip")
		if zipped.Header.Get("Content-Encoding") != "gzip" || zipped.ContentLength > 40<<10 {
			t.Errorf("%s: encoding %q, %d bytes", address, zipped.Header.Get("Content-Encoding"), zipped.ContentLength)
		}
		if again := ask(address, "If-None-Match", zipped.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: status %d for who has it", address, again.StatusCode)
		}
	}
	// What is somebody's own, or says back what somebody sent, is never compressed.
	for _, address := range []string{addresses["portal"] + "/signin?to=/x", addresses["portal"] + "/docs/search?q=token", addresses["identity"] + "/userinfo"} {
		if encoding := ask(address, "Accept-Encoding", "gzip").Header.Get("Content-Encoding"); encoding != "" {
			t.Errorf("%s: encoding %s", address, encoding)
		}
	}
}
