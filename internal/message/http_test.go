package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// gateway is a real HTTP server that answers as told and remembers what came.
type gateway struct {
	*httptest.Server
	requests chan received
}

type received struct {
	header http.Header
	body   string
}

func newGateway(t *testing.T, answer http.HandlerFunc) *gateway {
	t.Helper()
	g := &gateway{requests: make(chan received, 16)}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("gateway: %v", err)
		}
		g.requests <- received{r.Header, string(body)}
		answer(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func testMessage() Message {
	return Message{
		ID: "sms_1", OperatorID: "fjord", Route: "main", To: "+33639980000", Sender: "Fjord",
		Text: "048213 is your \"A&B\" PIN.\n@id.example #048213", NotAfter: time.Now().Add(5 * time.Minute), Template: "pin", Language: "en",
	}
}

func mustHTTP(t *testing.T, config HTTPConfig) *HTTP {
	t.Helper()
	sender, err := NewHTTP("main", config)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}

func TestAJSONGatewayIsConfiguredInYAML(t *testing.T) {
	t.Setenv("TEST_SMS_TOKEN", "s3cret")
	g := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"messages":[{"id":12345678901234567890}]}`)
	})
	var config HTTPConfig
	err := yaml.UnmarshalWithOptions([]byte(strings.ReplaceAll(`
url: GATEWAY/send?key=1
headers: {Authorization: "Bearer ${TEST_SMS_TOKEN}"}
body:
  channel: sms
  urgent: true
  validity: "{seconds}"
  messages: [{to: "{to_digits}", from: "{sender}", text: "{text}", ref: "{operator}/{id}"}]
secret: whsec_c2VjcmV0IG9mIHRoZSBnYXRld2F5
provider-id: messages.0.id
timeout: 3s
idempotent: true
`, "GATEWAY", g.URL)), &config, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if config.Timeout != 3*time.Second || !config.Idempotent {
		t.Errorf("read %+v", config)
	}
	accepted, err := mustHTTP(t, config).Send(context.Background(), testMessage())
	if err != nil {
		t.Fatal(err)
	}
	if accepted.ProviderID != "12345678901234567890" {
		t.Errorf("provider id %q", accepted.ProviderID)
	}
	got := <-g.requests
	var body map[string]any
	if err := json.Unmarshal([]byte(got.body), &body); err != nil {
		t.Fatal(err)
	}
	validity, _ := body["validity"].(float64)
	if validity < 295 || validity > 300 {
		t.Errorf("validity %v, want a number of seconds just below 300", body["validity"])
	}
	delete(body, "validity")
	want := map[string]any{"channel": "sms", "urgent": true, "messages": []any{map[string]any{
		"to": "33639980000", "from": "Fjord", "text": testMessage().Text.Reveal(), "ref": "fjord/sms_1",
	}}}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if got.header.Get("Authorization") != "Bearer s3cret" || got.header.Get("Idempotency-Key") != "sms_1" || got.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", got.header)
	}
	if !signed(got.header, "whsec_c2VjcmV0IG9mIHRoZSBnYXRld2F5", time.Now(), []byte(got.body)) {
		t.Error("the signature does not fit")
	}
}

func TestAFormGateway(t *testing.T) {
	t.Parallel()
	g := newGateway(t, status(http.StatusCreated))
	sender := mustHTTP(t, HTTPConfig{URL: g.URL, Format: "form", Body: map[string]any{"To": "{to}", "Body": "{text}", "ValidityPeriod": "{seconds}"}})
	if _, err := sender.Send(context.Background(), testMessage()); err != nil {
		t.Fatal(err)
	}
	got := <-g.requests
	if !strings.HasPrefix(got.body, "Body=048213+is+your+%22A%26B%22+PIN.%0A%40id.example+%23048213&To=%2B33639980000&ValidityPeriod=") {
		t.Errorf("body %q", got.body)
	}
	if got.header.Get("Content-Type") != "application/x-www-form-urlencoded" || got.header.Get(headerSignature) != "" {
		t.Errorf("headers %v", got.header)
	}
}

func TestTheGatewaysAnswerDecidesWhatTheFailureMeans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status     int
		header     string
		idempotent bool
		want       FailureKind
		after      time.Duration
	}{
		{status: 400, want: Rejected},
		{status: 401, want: Rejected},
		{status: 302, want: Rejected},
		{status: 408, want: Temporary},
		{status: 429, header: "7", want: Throttled, after: 7 * time.Second},
		{status: 500, want: Temporary},
		{status: 502, want: Ambiguous},
		{status: 502, idempotent: true, want: Temporary},
		{status: 503, header: "garbage", want: Temporary},
	} {
		g := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("Retry-After", test.header)
			w.WriteHeader(test.status)
		})
		_, err := mustHTTP(t, HTTPConfig{URL: g.URL, Idempotent: test.idempotent}).Send(context.Background(), testMessage())
		failure, ok := errors.AsType[*Failure](err)
		if !ok || failure.Kind != test.want || failure.RetryAfter != test.after || failure.Code != fmt.Sprintf("http_%d", test.status) {
			t.Errorf("%d: %v, want %s after %s", test.status, err, test.want, test.after)
		}
		if len(g.requests) != 1 {
			t.Errorf("%d: %d requests, want one: no redirect is followed", test.status, len(g.requests))
		}
	}
}

func TestALostAnswerIsAmbiguousAndNoConnectionIsNot(t *testing.T) {
	t.Parallel()
	silent := newGateway(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	broken := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			err = connection.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String() + "/?password=hunter2"
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		config HTTPConfig
		want   FailureKind
	}{
		"no answer in time":      {HTTPConfig{URL: silent.URL, Timeout: 50 * time.Millisecond}, Ambiguous},
		"the same, idempotent":   {HTTPConfig{URL: silent.URL, Timeout: 50 * time.Millisecond, Idempotent: true}, Temporary},
		"the connection breaks":  {HTTPConfig{URL: broken.URL}, Ambiguous},
		"nobody is there at all": {HTTPConfig{URL: nobody}, Temporary},
	} {
		_, err := mustHTTP(t, test.config).Send(context.Background(), testMessage())
		failure, ok := errors.AsType[*Failure](err)
		if !ok || failure.Kind != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
			continue
		}
		for _, private := range []string{"hunter2", "048213", "33639980000"} {
			if strings.Contains(err.Error(), private) {
				t.Errorf("%s: the error tells %q: %v", name, private, err)
			}
		}
	}
}

func TestARequestIsNotRepeatedBehindOurBack(t *testing.T) {
	t.Parallel()
	var count atomic.Int32
	g := newGateway(t, func(w http.ResponseWriter, _ *http.Request) {
		if count.Add(1) != 2 {
			return
		}
		// On a connection that was kept, net/http takes this for one that was closed before the request came.
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			err = connection.Close()
		}
		if err != nil {
			t.Error(err)
		}
	})
	sender := mustHTTP(t, HTTPConfig{URL: g.URL})
	if _, err := sender.Send(context.Background(), testMessage()); err != nil {
		t.Fatal(err)
	}
	_, err := sender.Send(context.Background(), testMessage())
	if failure, ok := errors.AsType[*Failure](err); !ok || failure.Kind != Ambiguous || count.Load() != 2 {
		t.Errorf("%v after %d requests, want an ambiguous failure after 2", err, count.Load())
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	const good = "https://sms.example.com/send"
	for want, config := range map[string]HTTPConfig{
		"not an address":        {URL: "sms.example.com"},
		"not https":             {URL: "http://sms.example.com/send"},
		"credentials":           {URL: "https://user:hunter2@sms.example.com/send"},
		"neither json nor form": {URL: good, Format: "xml"},
		"unknown placeholder":   {URL: good, Body: map[string]any{"a": []any{"{to} {text} {txt}"}}},
		"needs {text}":          {URL: good, Body: map[string]any{"to": "{to}"}},
		"texts only":            {URL: good, Format: "form", Body: map[string]any{"to": "{to}", "text": "{text}", "n": 1}},
		"NOT_SET is not set":    {URL: good, Headers: map[string]secret.Text{"A": "${DIALTONE_TEST_NOT_SET}"}},
		"no closing brace":      {URL: good, Secret: "${A"},
		"timeout is -1ns":       {URL: good, Timeout: -1},
		"choose 10ms to 5m0s":   {URL: good, Timeout: 15},
		"timeout is 1h0m0s":     {URL: good, Timeout: time.Hour},
	} {
		_, err := NewHTTP("main", config)
		if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a text with %q", err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestAPathFindsATextInADocument(t *testing.T) {
	t.Parallel()
	var document any
	decoder := json.NewDecoder(strings.NewReader(`{"a":[{"b":"x"},{"b":7}],"c":{"d":true}}`))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a.0.b": "x", "a.1.b": "7", "a.2.b": "", "a.-1.b": "", "a.x": "", "c.d": "", "c": "", "": "", "a.0.b.z": ""} {
		if got := textAt(document, path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
