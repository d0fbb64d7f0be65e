package message_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func pin(id, route string) message.Message {
	return message.Message{
		ID: id, OperatorID: "fjord", Route: route, To: "+33639980000", Sender: "Fjord", Text: "048213 is your PIN.",
		NotAfter: time.Now().Add(5 * time.Minute), Template: "pin", Language: "en",
	}
}

func composed(m message.Message) message.Compose {
	return func(context.Context) (message.Message, error) { return m, nil }
}

func closeNow(t *testing.T, d *message.Dispatcher) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := d.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func wantRow(t *testing.T, db *store.DB, id string, state dialtone.SMSState, code string) {
	t.Helper()
	got, err := db.Message(context.Background(), id)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	if got.State != state || got.Code != code {
		t.Errorf("%s: state %s (%s), want %s (%s)", id, got.State, got.Code, state, code)
	}
}

func TestAMessageIsSentAndRecordedWithoutTextAndNumber(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var refuse atomic.Bool
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if refuse.Load() {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, `{"id":"p-1"}`)
	}))
	t.Cleanup(gateway.Close)
	sender, err := message.NewHTTP("main", message.HTTPConfig{URL: gateway.URL, ProviderID: "id"})
	if err != nil {
		t.Fatal(err)
	}
	db, inbox := storetest.New(t), message.NewInbox()
	newDispatcher := func() *message.Dispatcher {
		return message.NewDispatcher(message.DispatcherConfig{
			Router: message.Router{"main": sender, "inbox": inbox}, Store: db, Log: slog.New(slog.NewTextHandler(&log, nil)),
		})
	}
	d := newDispatcher()
	d.Enqueue(composed(pin("sms_http", "main")))
	d.Enqueue(composed(pin("sms_inbox", "inbox")))
	d.Enqueue(composed(pin("sms_lost", "nowhere")))
	d.Enqueue(func(context.Context) (message.Message, error) { return message.Message{}, message.ErrNothing })
	closeNow(t, d)
	refuse.Store(true)
	d = newDispatcher()
	d.Enqueue(composed(pin("sms_refused", "main")))
	closeNow(t, d)

	wantRow(t, db, "sms_http", dialtone.SMSAccepted, "")
	wantRow(t, db, "sms_inbox", dialtone.SMSAccepted, "")
	wantRow(t, db, "sms_lost", dialtone.SMSDropped, "no_route")
	wantRow(t, db, "sms_refused", dialtone.SMSRejected, "http_400")
	if row, err := db.Message(context.Background(), "sms_http"); err != nil || row.ProviderID != "p-1" || row.Segments != 1 || row.Template != "pin" {
		t.Errorf("row %+v, error %v", row, err)
	}
	if list := inbox.List(); len(list) != 1 || list[0].ID != "sms_inbox" {
		t.Errorf("inbox %+v", list)
	}
	if text := log.String(); strings.Contains(text, "048213") || strings.Contains(text, "39980000") || !strings.Contains(text, "sms_lost") {
		t.Errorf("log: %s", text)
	}
}

// flaky is a sender that fails as often as told.
type flaky struct {
	failures []error
	mu       sync.Mutex
	sent     []time.Time
}

func (*flaky) Name() string { return "flaky" }

func (f *flaky) Send(context.Context, message.Message) (message.Accepted, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, time.Now())
	if n := len(f.sent) - 1; n < len(f.failures) {
		return message.Accepted{}, f.failures[n]
	}
	return message.Accepted{}, nil
}

// records is where a dispatcher inside a synctest bubble records: a database's goroutines could not run in one.
type records struct {
	mu   sync.Mutex
	rows []dialtone.SMSMessage
}

func (r *records) PutMessage(_ context.Context, m dialtone.SMSMessage) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, m)
	return nil
}

func TestAFailureForNowIsRepeatedUntilTheMessageIsWorthless(t *testing.T) {
	t.Parallel()
	temporary := &message.Failure{Kind: message.Temporary, Code: "http_503"}
	throttled := &message.Failure{Kind: message.Throttled, Code: "http_429", RetryAfter: 40 * time.Second}
	var always []error
	for range 1000 {
		always = append(always, temporary)
	}
	for name, test := range map[string]struct {
		failures []error
		attempts int
		state    dialtone.SMSState
		atLeast  time.Duration
	}{
		"twice":          {[]error{temporary, temporary}, 3, dialtone.SMSAccepted, 3 * time.Second},
		"throttled":      {[]error{throttled}, 2, dialtone.SMSAccepted, 40 * time.Second},
		"for good":       {[]error{&message.Failure{Kind: message.Rejected, Code: "http_400"}}, 1, dialtone.SMSRejected, 0},
		"perhaps sent":   {[]error{&message.Failure{Kind: message.Ambiguous, Code: "connection"}}, 1, dialtone.SMSUnknown, 0},
		"no known error": {[]error{errors.New("odd")}, 1, dialtone.SMSUnknown, 0},
		"always":         {always, 0, dialtone.SMSDropped, 4 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sender, rows := &flaky{failures: test.failures}, &records{}
				d := message.NewDispatcher(message.DispatcherConfig{
					Router: message.Router{"main": sender}, Store: rows, Log: slog.New(slog.DiscardHandler),
				})
				begun := time.Now()
				m := pin("sms_1", "main")
				d.Enqueue(composed(m))
				if err := d.Close(context.Background()); err != nil {
					t.Fatal(err)
				}
				if len(rows.rows) != 1 || rows.rows[0].State != test.state {
					t.Fatalf("records %+v, want one with state %s", rows.rows, test.state)
				}
				if test.attempts > 0 && len(sender.sent) != test.attempts {
					t.Errorf("%d attempts, want %d", len(sender.sent), test.attempts)
				}
				if took := time.Since(begun); took < test.atLeast || time.Now().After(m.NotAfter) {
					t.Errorf("it took %s, want at least %s and no longer than the message is worth", took, test.atLeast)
				}
				if n := len(sender.sent); n > 40 {
					t.Errorf("%d attempts in five minutes", n)
				}
			})
		})
	}
}

// stuck is a gateway that never answers.
type stuck struct{}

func (stuck) Name() string { return "stuck" }

func (stuck) Send(ctx context.Context, _ message.Message) (message.Accepted, error) {
	<-ctx.Done()
	return message.Accepted{}, &message.Failure{Kind: message.Ambiguous, Code: "connection", Cause: ctx.Err()}
}

func TestARouteThatHangsDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sender, rows := &flaky{}, &records{}
		d := message.NewDispatcher(message.DispatcherConfig{
			Router: message.Router{"stuck": stuck{}, "main": sender}, Store: rows, Log: slog.New(slog.DiscardHandler),
		})
		for i := range 1500 {
			d.Enqueue(composed(pin(fmt.Sprintf("sms_stuck_%d", i), "stuck")))
		}
		synctest.Wait()
		d.Enqueue(composed(pin("sms_main", "main")))
		synctest.Wait()
		if len(sender.sent) != 1 {
			t.Errorf("the other route sent %d messages, want 1", len(sender.sent))
		}
		full := 0
		for _, row := range rows.rows {
			if row.Code == "route_full" && row.State == dialtone.SMSDropped {
				full++
			}
		}
		if full != 1500-1024 {
			t.Errorf("%d messages were dropped because the route was full, want %d", full, 1500-1024)
		}

		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := d.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v, want that it ran out of time", err)
		}
		if len(rows.rows) != 1501 {
			t.Errorf("%d of 1501 messages are recorded", len(rows.rows))
		}
		d.Enqueue(composed(pin("sms_late", "main")))
		synctest.Wait()
		if len(sender.sent) != 1 {
			t.Error("a message was sent after Close")
		}
	})
}

func TestWhatLeftIsToldInSegments(t *testing.T) {
	t.Parallel()
	var left sync.Map // segments by message id
	telling := func(m message.Message) message.Compose {
		m.Left = func(segments int) { left.Store(m.ID, segments) }
		return composed(m)
	}
	d := message.NewDispatcher(message.DispatcherConfig{
		Router: message.Router{"inbox": message.NewInbox()}, Store: storetest.New(t), Log: slog.New(slog.DiscardHandler),
	})
	long := pin("sms_long", "inbox")
	long.Text = secret.Text(strings.Repeat("This is long. ", 20)) // 280 characters
	d.Enqueue(telling(pin("sms_short", "inbox")))
	d.Enqueue(telling(long))
	d.Enqueue(telling(pin("sms_lost", "nowhere")))
	closeNow(t, d)
	for id, want := range map[string]any{"sms_short": 1, "sms_long": 2, "sms_lost": nil} {
		if got, _ := left.Load(id); got != want {
			t.Errorf("%s left as %v SMS, want %v", id, got, want)
		}
	}
}
