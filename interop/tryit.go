package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// What the tab offers beside the programs: a run whose requests the portal sends, and one in which a real browser does the
// person's part.
const (
	stepByStep = "step by step"
	ownBrowser = "own browser"
)

// tryNumber is the sandbox number for both, and tryPIN its PIN.
const (
	tryNumber = "+46701740606"
	tryPIN    = "740606"
)

// stepByStep presses the one button until the run is over, and checks that what is shown belongs together.
func (t tryTab) stepByStep(ctx context.Context) error {
	page, err := t.begin(ctx)
	if err != nil {
		return err
	}
	if page, err = t.finish(ctx, page); err != nil {
		return err
	}
	for _, step := range []string{"authorize", "number", "pin", "consent"} {
		if _, _, err := exchangeOf(page, step); err != nil {
			return err
		}
	}
	_, landed, err := exchangeOf(page, "consent")
	if err != nil {
		return err
	}
	code := parameter(landed, "code")
	return t.checkTokens(page, code)
}

// ownBrowser does the steps up to the code by itself, as a person with a browser, and lets the portal do the rest.
func (t tryTab) ownBrowser(ctx context.Context) error {
	page, err := t.begin(ctx)
	if err != nil {
		return err
	}
	own := find(page.Node, "id", "own-browser")
	if own == nil {
		return fmt.Errorf("the tab offers no own browser: %s", visibleText(page.Node))
	}
	who, err := newPerson(http.DefaultTransport, t.identity, tryNumber, tryPIN)
	if err != nil {
		return err
	}
	landed, err := t.land(ctx, who, attribute(find(own, "target", "_blank"), "href"))
	if err != nil {
		return err
	}
	field := find(own, "id", "landed")
	if field == nil {
		return fmt.Errorf("there is no field for the address: %s", visibleText(page.Node))
	}
	if page, err = t.submit(ctx, document{own, page.at}, t.address, "", url.Values{"landed": {landed}}); err != nil {
		return err
	}
	if page, err = t.finish(ctx, page); err != nil {
		return err
	}
	return t.checkTokens(page, parameter(landed, "code"))
}

// begin chooses the client and the number and sends the first request.
func (t tryTab) begin(ctx context.Context) (document, error) {
	tab, err := t.open(ctx, t.address+"?client="+url.QueryEscape(t.client.id))
	if err != nil {
		return document{}, err
	}
	page, err := t.submit(ctx, tab, t.address, "", url.Values{"number": {tryNumber}})
	if err != nil {
		return document{}, err
	}
	request, _, err := exchangeOf(page, "authorize")
	for name, want := range map[string]string{"client_id": t.client.id, "redirect_uri": t.redirectURI} {
		if got := parameter(request, name); err == nil && got != want {
			err = fmt.Errorf("the authorization request is shown with %s=%s, not %s", name, got, want)
		}
	}
	return page, err
}

// finish presses the button until there is none, and runs the command for user info when it is shown: the token works then.
func (t tryTab) finish(ctx context.Context, page document) (document, error) {
	for range maxSteps {
		if command := find(page.Node, "id", "curl-userinfo"); command != nil && find(page.Node, "id", "curl-refresh") == nil {
			if err := t.runCurl(ctx, text(command)); err != nil {
				return page, err
			}
		}
		button := find(page.Node, "id", "next")
		if button == nil {
			if said := visibleText(find(page.Node, "id", "main")); find(page.Node, "id", "over") == nil {
				return page, fmt.Errorf("the run ended early: %s", said)
			}
			return page, nil
		}
		var err error
		if page, err = t.submit(ctx, document{button.Parent.Parent, page.at}, t.address, "", nil); err != nil {
			return page, err
		}
	}
	return page, fmt.Errorf("no end after %d steps", maxSteps)
}

func (t tryTab) runCurl(ctx context.Context, line string) error {
	command, err := shell(ctx, ".", line)
	if err != nil {
		return err
	}
	output, err := command.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return checkUserInfo(string(output), tryNumber)
}

// checkUserInfo checks an answer, below its headers if they are shown, too.
func checkUserInfo(answer, number string) error {
	_, body, found := strings.Cut(answer, "{")
	var who struct {
		Subject string `json:"sub"`
		Number  string `json:"phone_number"`
	}
	if err := json.Unmarshal([]byte("{"+body), &who); !found || err != nil || who.Subject == "" || who.Number != number {
		return fmt.Errorf("that is not user info of %s: %s", number, answer)
	}
	return nil
}

// checkTokens checks the requests of the app: each uses what the one before brought.
func (t tryTab) checkTokens(page document, code string) error {
	request, answer, err := exchangeOf(page, "token")
	if err != nil {
		return err
	}
	first, err := t.tokensOf(request, answer, "code", code)
	if err != nil {
		return err
	}
	if request, answer, err = exchangeOf(page, "userinfo"); err != nil {
		return err
	}
	if !strings.Contains(request, "Authorization: Bearer "+first.Access) {
		return fmt.Errorf("user info is asked for without the access token: %s", request)
	}
	if err := checkUserInfo(answer, tryNumber); err != nil {
		return err
	}
	if request, answer, err = exchangeOf(page, "refresh"); err != nil {
		return err
	}
	second, err := t.tokensOf(request, answer, "refresh_token", first.Refresh)
	if err != nil {
		return err
	}
	if request, answer, err = exchangeOf(page, "revoke"); err != nil {
		return err
	}
	if parameter(request, "token") != second.Refresh || !strings.HasPrefix(answer, "200 ") {
		return fmt.Errorf("revoking: %s\n%s", request, answer)
	}
	return nil
}

type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// tokensOf checks that a token request shows who the client is and has the parameter's value, and reads what it brought.
func (t tryTab) tokensOf(request, answer, name, want string) (tokens, error) {
	switch {
	case want == "" || parameter(request, name) != want:
		return tokens{}, fmt.Errorf("the token request has not %s=%s: %s", name, want, request)
	case !t.namesClient(request):
		return tokens{}, fmt.Errorf("the token request is not of %s: %s", t.client.id, request)
	}
	_, body, found := strings.Cut(answer, "{")
	var got tokens
	if err := json.Unmarshal([]byte("{"+body), &got); !found || err != nil || got.Access == "" || got.Refresh == "" {
		return tokens{}, fmt.Errorf("no tokens: %s", answer)
	}
	return got, nil
}

// namesClient reports whether a request is the client's, by a parameter or by HTTP Basic.
func (t tryTab) namesClient(request string) bool {
	if parameter(request, "client_id") == t.client.id {
		return true
	}
	_, rest, _ := strings.Cut(request, "Authorization: Basic ")
	line, _, _ := strings.Cut(rest, "\n")
	pair, err := base64.StdEncoding.DecodeString(line)
	return err == nil && strings.HasPrefix(string(pair), t.client.id+":")
}

// exchangeOf returns a step's request and answer as the page shows them.
func exchangeOf(page document, step string) (request, answer string, err error) {
	if shown := find(page.Node, "id", "step-"+step); shown != nil {
		if exchange := find(shown, "class", "exchange"); exchange != nil {
			var texts []string
			for node := range exchange.Descendants() {
				if node.Data == "pre" {
					texts = append(texts, text(node))
				}
			}
			if len(texts) == 2 {
				return texts[0], texts[1], nil
			}
		}
	}
	return "", "", fmt.Errorf("the page shows nothing of the step %s: %s", step, visibleText(page.Node))
}

// parameter returns the value of a parameter, of an address or of a request with a parameter a line.
func parameter(shown, name string) string {
	for pair := range strings.FieldsFuncSeq(shown, func(r rune) bool { return strings.ContainsRune("?& \n", r) }) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			value, err := url.QueryUnescape(value)
			if err != nil {
				return ""
			}
			return value
		}
	}
	return ""
}
