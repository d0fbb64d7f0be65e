package message_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// reporter is a gateway that reports to a status handler on a real store.
type reporter struct {
	t       *testing.T
	db      *store.DB
	handler http.Handler
}

func newReporter(t *testing.T, config message.StatusConfig) reporter {
	t.Helper()
	db := storetest.New(t)
	now := time.Now().UTC()
	err := db.PutMessage(context.Background(), dialtone.SMSMessage{
		ID: "sms_1", OperatorID: "fjord", Route: "main", ProviderID: "p-1", Template: "pin", Language: "en",
		State: dialtone.SMSAccepted, Segments: 1, Created: now, Updated: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := message.NewStatusHandler("main", config, db, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return reporter{t, db, handler}
}

// signature is written out here as Standard Webhooks 1.0 says, apart from the code under test.
func signature(key, id string, at time.Time, body string) http.Header {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(id + "." + seconds + "." + body))
	header := make(http.Header)
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", seconds)
	header.Set("webhook-signature", "v1,bm9uc2Vuc2U= v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return header
}

func (r reporter) post(body string, header http.Header) int {
	r.t.Helper()
	request := httptest.NewRequest(http.MethodPost, "/sms/status/main", strings.NewReader(body))
	request.Header = header
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, request)
	return recorder.Code
}

func (r reporter) wantState(want dialtone.SMSState) {
	r.t.Helper()
	got, err := r.db.Message(context.Background(), "sms_1")
	if err != nil {
		r.t.Fatal(err)
	}
	if got.State != want {
		r.t.Errorf("state %s, want %s", got.State, want)
	}
}

func TestASignedReportRaisesTheStateAndNeverLowersIt(t *testing.T) {
	t.Parallel()
	r := newReporter(t, message.StatusConfig{Secret: "key"})
	for _, step := range []struct {
		body string
		want dialtone.SMSState
	}{
		{`{"message_id":"sms_1","state":"SENT"}`, dialtone.SMSSent},
		{`{"provider_id":"p-1","state":"DELIVRD"}`, dialtone.SMSDelivered},
		{`{"message_id":"sms_1","state":"sent"}`, dialtone.SMSDelivered},
		{`{"message_id":"sms_1","state":"failed","code":"42"}`, dialtone.SMSDelivered},
	} {
		if code := r.post(step.body, signature("key", "1", time.Now(), step.body)); code != http.StatusNoContent {
			t.Errorf("%s: status %d", step.body, code)
		}
		r.wantState(step.want)
	}
}

// A NUL is no text for PostgreSQL: with 503 the gateway would send such a report for ever.
func TestASignedReportThatIsNoTextIsRefusedForGood(t *testing.T) {
	t.Parallel()
	r := newReporter(t, message.StatusConfig{Secret: "key"})
	for _, body := range []string{
		`{"message_id":"sms_1\u0000","state":"delivered"}`, `{"message_id":"sms_1","state":"delivered","code":"\u0000"}`,
		`{"provider_id":"\u0000p-1","state":"delivered"}`, `{"message_id":"sms_1","state":"delivered","note":"\u0000"}`,
		`{"message_id":"sms_1","state":"delivered","\u0000":1}`, `{"message_id":"sms_1","state":"delivered","code":"\ud800"}`,
	} {
		if code := r.post(body, signature("key", "1", time.Now(), body)); code != http.StatusBadRequest {
			t.Errorf("%s: status %d", body, code)
		}
		r.wantState(dialtone.SMSAccepted)
	}
}

func TestAReportThatIsNotSignedChangesNothing(t *testing.T) {
	t.Parallel()
	r := newReporter(t, message.StatusConfig{Secret: "key"})
	const body = `{"message_id":"sms_1","state":"delivered"}`
	now := time.Now()
	other := signature("key", "1", now, body)
	other.Set("webhook-id", "2")
	for name, header := range map[string]http.Header{
		"no signature":      {},
		"another key":       signature("other", "1", now, body),
		"another body":      signature("key", "1", now, body+" "),
		"another id":        other,
		"six minutes old":   signature("key", "1", now.Add(-6*time.Minute), body),
		"six minutes ahead": signature("key", "1", now.Add(6*time.Minute), body),
	} {
		if code := r.post(body, header); code != http.StatusUnauthorized {
			t.Errorf("%s: status %d", name, code)
		}
	}
	r.wantState(dialtone.SMSAccepted)
}

func TestAGatewaysOwnWordsAreTranslated(t *testing.T) {
	t.Parallel()
	r := newReporter(t, message.StatusConfig{
		Secret: "key", MessageID: "results.0.ref", State: "results.0.status.name", Code: "results.0.error",
		States: map[string]dialtone.SMSState{"ON_THE_WAY": dialtone.SMSSent},
	})
	const body = `{"results":[{"ref":"sms_1","status":{"name":"on_the_way"},"error":0}]}`
	if code := r.post(body, signature("key", "1", time.Now(), body)); code != http.StatusNoContent {
		t.Errorf("status %d", code)
	}
	r.wantState(dialtone.SMSSent)
}

func TestAReportThatSaysNothingUsableIsRefused(t *testing.T) {
	t.Parallel()
	r := newReporter(t, message.StatusConfig{Secret: "key"})
	for body, want := range map[string]int{
		`{`:                         http.StatusBadRequest,
		`{"message_id":"sms_1"}`:    http.StatusBadRequest,
		`{"state":"delivered"}`:     http.StatusBadRequest,
		strings.Repeat(" ", 65<<10): http.StatusRequestEntityTooLarge,
		`{"message_id":"sms_1","state":"on fire"}`:      http.StatusBadRequest,
		`{"message_id":"sms_none","state":"delivered"}`: http.StatusServiceUnavailable, // it may be ahead of our own record
	} {
		if code := r.post(body, signature("key", "1", time.Now(), body)); code != want {
			t.Errorf("%.60s: status %d, want %d", body, code, want)
		}
	}
	r.wantState(dialtone.SMSAccepted)
}

func TestReportsNeedASecret(t *testing.T) {
	t.Parallel()
	for want, config := range map[string]message.StatusConfig{
		"no secret":     {},
		"unknown state": {Secret: "key", States: map[string]dialtone.SMSState{"X": "on fire"}},
	} {
		_, err := message.NewStatusHandler("main", config, nil, slog.New(slog.DiscardHandler))
		if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
