package main

import (
	"bytes"
	"embed"
	"io"
	"net/url"
	"text/template"

	"github.com/dialtone-id/dialtone/examples/rp"
)

//go:embed walkthrough.txt
var walkthroughFile embed.FS

var walkthrough = template.Must(template.ParseFS(walkthroughFile, "walkthrough.txt"))

// printWalkthrough prints what to open and the commands to paste.
func (d demo) printWalkthrough(out io.Writer) error {
	values := map[string]string{
		"ENV":       d.envName(),
		"FOLDER":    d.folder,
		"APP":       d.url(3) + rp.HomePath,
		"OWNER":     demoOwner,
		"AUTHORIZE": d.authorizationURL(),
	}
	for _, pair := range d.env() {
		values[pair[0]] = pair[1]
	}
	var text bytes.Buffer
	if err := walkthrough.Execute(&text, values); err != nil {
		return err
	}
	_, err := out.Write(text.Bytes()) // at once: whoever waits for the first line has all of them
	return err
}

// authorizationURL is the first step of the walkthrough in docs/promises.md: no openid, no PKCE, no nonce.
func (d demo) authorizationURL() string {
	return d.url(0) + "/oauth2/auth?response_type=code&scope=phone%20offline_access&client_id=" + clientID +
		"&redirect_uri=" + url.QueryEscape(d.url(3)+rp.CallbackPath) + "&state=walkthrough"
}
