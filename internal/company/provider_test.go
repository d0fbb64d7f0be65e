package company_test

import (
	"bufio"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/logtest"
)

// startProvider starts node-oidc-provider and returns its issuer.
func startProvider(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../../test/oidc-provider")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider")); err != nil {
		t.Fatalf("node-oidc-provider is not there: run scripts/install-test-tools test (%v)", err)
	}
	command := exec.Command("node", "server.mjs", callback)
	command.Dir, command.Stderr = folder, new(logtest.Log)
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("start node: %v: run scripts/install-test-tools test", err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // that is how it learns of the end
		if err := command.Wait(); err != nil {
			t.Errorf("node-oidc-provider: %v: %s", err, command.Stderr)
		}
	})
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("node-oidc-provider says nothing: %v: %s", err, command.Stderr)
	}
	return strings.TrimSpace(issuer)
}

var (
	formAction = regexp.MustCompile(`<form[^>]*action="([^"]+)"`)
	formInput  = regexp.MustCompile(`<input[^>]*name="([^"]+)"(?:[^>]*value="([^"]*)")?`)
	abortLink  = regexp.MustCompile(`href="([^"]+/abort)"`)
)

// atProvider follows a browser through the provider's pages: it signs in with the name, or cancels if there is none, agrees to
// everything, and returns what the browser is sent back to us with.
func atProvider(t *testing.T, address, name string) url.Values {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	response, err := client.Get(address)
	for range 5 {
		if err != nil {
			t.Fatal(err)
		}
		page, body := response, readAll(t, response)
		if back, err := page.Location(); err == nil {
			return back.Query()
		}
		if abort := abortLink.FindStringSubmatch(body); name == "" && abort != nil {
			response, err = client.Get(against(t, page, abort[1]))
			continue
		}
		form := formAction.FindStringSubmatch(body)
		if form == nil {
			t.Fatalf("the provider answers %s: %s", page.Status, body)
		}
		fields := make(url.Values)
		for _, input := range formInput.FindAllStringSubmatch(body, -1) {
			fields.Set(input[1], html.UnescapeString(input[2]))
		}
		if fields.Has("login") {
			fields.Set("login", name)
			fields.Set("password", "any")
		}
		response, err = client.PostForm(against(t, page, form[1]), fields)
	}
	t.Fatal("the provider asks again and again")
	return nil
}

func against(t *testing.T, page *http.Response, link string) string {
	t.Helper()
	address, err := page.Request.URL.Parse(html.UnescapeString(link))
	if err != nil {
		t.Fatal(err)
	}
	return address.String()
}
