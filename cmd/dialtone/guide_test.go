package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/docs"
)

// The guide's commands are run as they stand there, page by page, with the values that a reader's own client would put in:
//
//	```sh      commands; a page's blocks run one after the other in one shell
//	```json    what the block before it prints: the same members
//	```text    an address to open: somebody signs in there, and CODE becomes the code
//	```        what a reader puts in place; not run
type block struct{ kind, text string }

var fenced = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

func blocks(page string) []block {
	var list []block
	for _, match := range fenced.FindAllStringSubmatch(page, -1) {
		list = append(list, block{match[1], match[2]})
	}
	return list
}

func TestEveryCommandOfTheGuideRuns(t *testing.T) {
	t.Parallel()
	env, _, _ := startDemo(t, t.TempDir())
	values := strings.NewReplacer(
		"{issuer}", env["ISSUER"], "{portal}", env["PORTAL_URL"], "{client_id}", env["CLIENT_ID"], "{redirect_uri}", env["REDIRECT_URI"],
		"{post_revoke_redirect_uri}", env["POST_REVOKE_REDIRECT_URI"], "{phone}", env["TEST_PHONE"], "{pin}", env["TEST_PIN"],
	)
	given := fmt.Sprintf("CLIENT_SECRET='%s'\nAPI_KEY='%s'\n", env["CLIENT_SECRET"], newAPIKey(t, env))
	names, err := fs.Glob(docs.Guide, "guide/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		source, err := fs.ReadFile(docs.Guide, name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { runPage(t, env, given, blocks(values.Replace(string(source)))) })
	}
}

// between separates what the blocks print.
const between = "---- end of block"

func runPage(t *testing.T, env map[string]string, given string, page []block) {
	script := given
	var ran []int // indexes of the blocks that print
	for i, b := range page {
		switch b.kind {
		case "text":
			script += fmt.Sprintf("CODE='%s'\n", codeFrom(t, env, strings.TrimSpace(b.text)))
		case "sh":
			script += b.text + "echo; echo '" + between + "'\n"
			ran = append(ran, i)
		}
	}
	if len(ran) == 0 {
		return
	}
	printed := strings.Split(strings.Join(paste(t, t.TempDir(), script), "\n"), between)
	for n, i := range ran {
		if i+1 < len(page) && page[i+1].kind == "json" {
			sameMembers(t, page[i].text, page[i+1].text, printed[n])
		}
	}
}

// codeFrom signs somebody in at the address and returns the code that the app gets.
func codeFrom(t *testing.T, env map[string]string, address string) string {
	t.Helper()
	b := newBrowser(t)
	b.open(strings.ReplaceAll(address, " ", "%20") + "&prompt=consent") // as a browser sends it; an earlier page's consent is asked for again
	b.signIn(env["TEST_PHONE"], func() string { return env["TEST_PIN"] })
	code := b.at.Query().Get("code")
	if code == "" {
		t.Fatalf("%s leads to %s", address, b.at)
	}
	return code
}

// sameMembers fails unless both are JSON objects with the same members.
func sameMembers(t *testing.T, commands, promised, printed string) {
	t.Helper()
	var want, got map[string]any
	if err := json.Unmarshal([]byte(promised), &want); err != nil {
		t.Fatalf("the guide promises no JSON: %v\n%s", err, promised)
	}
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatalf("%s\nprints no JSON: %v\n%s", commands, err, printed)
	}
	if w, g := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(w, g) {
		t.Errorf("%s\nprints the members %q, the guide promises %q", commands, g, w)
	}
}

var apiKeyPattern = regexp.MustCompile(`dt_ak_[A-Za-z0-9_-]{43}`)

// newAPIKey signs a developer in to the portal and makes an API key with all rights.
func newAPIKey(t *testing.T, env map[string]string) string {
	t.Helper()
	b := newBrowser(t)
	b.open(env["PORTAL_URL"] + "/signin")
	b.submit("/signin", url.Values{"email": {"guide@example.com"}})
	b.submit("/signin/code", url.Values{"code": {readPIN(t, env["INBOX_URL"], "guide@example.com")}})
	b.open(env["PORTAL_URL"] + "/organizations/new")
	b.submit("/organizations/new", url.Values{"name": {"Guide readers"}})
	organization := b.at.Path
	b.open(b.at.ResolveReference(&url.URL{Path: organization + "/keys/new"}).String())
	b.submit(organization+"/keys/new", url.Values{"name": {"guide"}, "rights": {"organization:read", "products:read", "products:write"}})
	key := apiKeyPattern.FindString(b.page)
	if key == "" {
		t.Fatalf("%s shows no key:\n%s", b.at, b.page)
	}
	return key
}
