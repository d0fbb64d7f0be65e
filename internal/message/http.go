package message

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	maxAnswer          = 64 << 10 // bytes of a gateway's answer that are read
	idleConnections    = 32       // kept open to one gateway: a TLS handshake costs more than the request
	maxProviderID      = 200
	idempotencyKeyName = "Idempotency-Key"
)

// HTTP is a Sender for gateways that take an SMS in one POST and say by the status whether they did.
type HTTP struct {
	name   string
	config HTTPConfig
	body   bodyTemplate
	client *http.Client
	now    func() time.Time
}

// NewHTTP returns the sender of the route with that name. Error: ErrInvalid, saying what to change in the configuration.
func NewHTTP(name string, config HTTPConfig) (*HTTP, error) {
	config, err := config.checked()
	if err != nil {
		return nil, err
	}
	body, err := parseBody(config.Format, config.Body)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleConnections
	return &HTTP{
		name: name, config: config, body: body, now: time.Now,
		client: &http.Client{
			Timeout:   config.Timeout,
			Transport: transport,
			// A redirect would hand number and PIN to whomever the answer names.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Name is the route's.
func (h *HTTP) Name() string { return h.name }

// Send posts the message. See Sender.
func (h *HTTP) Send(ctx context.Context, m Message) (Accepted, error) {
	body, err := h.body.render(m, h.now())
	if err != nil {
		return Accepted{}, &Failure{Kind: Rejected, Code: "body", Cause: err}
	}
	// The gateway may hold the request no longer than the message is worth.
	ctx, cancel := context.WithDeadline(ctx, m.NotAfter)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	request, err := h.request(ctx, m, body)
	if err != nil {
		return Accepted{}, &Failure{Kind: Rejected, Code: "request", Cause: withoutAddress(err)}
	}
	response, err := h.client.Do(request)
	if err != nil {
		return Accepted{}, &Failure{Kind: h.lost(written.Load()), Code: "connection", Cause: withoutAddress(err)}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode/100 == 2 {
		// Taken, even if the answer breaks off: only its id is lost.
		return Accepted{ProviderID: h.providerID(answer)}, nil
	}
	return Accepted{}, &Failure{
		Kind: h.refusal(response.StatusCode), Code: "http_" + strconv.Itoa(response.StatusCode),
		RetryAfter: retryAfter(response.Header.Get("Retry-After"), h.now()), Cause: err,
	}
}

func (h *HTTP) request(ctx context.Context, m Message, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if h.config.Format == formatForm {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "dialtone")
	for name, value := range h.config.Headers {
		request.Header.Set(name, value.Reveal())
	}
	request.Header.Set(idempotencyKeyName, m.ID)
	if !h.config.Idempotent {
		// net/http repeats a request with an idempotency key by itself when a kept connection turns out closed; without
		// GetBody it cannot.
		request.GetBody = nil
	}
	if h.config.Secret != "" {
		sign(request.Header, h.config.Secret, m.ID, h.now(), body)
	}
	return request, nil
}

// lost is the kind of failure when there is no answer. Once the headers are out, the gateway may have taken the message.
func (h *HTTP) lost(written bool) FailureKind {
	if written && !h.config.Idempotent {
		return Ambiguous
	}
	return Temporary
}

// refusal is the kind of failure that a status means.
func (h *HTTP) refusal(status int) FailureKind {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled
	case status == http.StatusRequestTimeout:
		return Temporary
	case status == http.StatusBadGateway, status == http.StatusGatewayTimeout:
		return h.lost(true) // a proxy answers; what stands behind it may have taken the message
	case status >= http.StatusInternalServerError:
		return Temporary
	default:
		return Rejected // 3xx too: a gateway that has moved is a matter of configuration
	}
}

func (h *HTTP) providerID(answer []byte) string {
	if h.config.ProviderID == "" {
		return ""
	}
	var document any
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.UseNumber() // an id may have more digits than a float64
	if err := decoder.Decode(&document); err != nil {
		return ""
	}
	id := textAt(document, h.config.ProviderID)
	if len(id) > maxProviderID {
		return ""
	}
	return id
}

// retryAfter reads the header Retry-After, RFC 9110 §10.2.3: seconds or a date. 0 if it says nothing usable.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// withoutAddress drops the address that net/http puts into its errors: its query may hold a password.
func withoutAddress(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("post to the gateway: %w", wrapped.Err)
	}
	return err
}
