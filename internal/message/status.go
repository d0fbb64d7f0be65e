package message

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/legible"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// StatusConfig describes the reports that a gateway posts back as JSON, signed as Standard Webhooks does.
type StatusConfig struct {
	Secret secret.Text `yaml:"secret"` // may name an environment variable as ${NAME}; empty: no reports are taken
	// Where the report says what, as paths of names and list indexes joined by dots. The defaults are the names themselves:
	// message_id, provider_id, state and code.
	MessageID  string `yaml:"message-id"`
	ProviderID string `yaml:"provider-id"`
	State      string `yaml:"state"`
	Code       string `yaml:"code"`
	// States translates the gateway's words, beyond those that are known already ("DELIVRD", "undeliverable", …).
	States map[string]dialtone.SMSState `yaml:"states"`
}

// StatusStore keeps what became of a message.
type StatusStore interface {
	// MessageReport raises the message's state, never lowers it. ErrNotFound if there is no such message.
	MessageReport(ctx context.Context, r dialtone.SMSReport) error
}

// The words for states that gateways and SMPP 3.4 §5.2.28 use, in lower case.
var commonStates = map[string]dialtone.SMSState{
	"accepted": dialtone.SMSAccepted, "acceptd": dialtone.SMSAccepted, "queued": dialtone.SMSAccepted, "submitted": dialtone.SMSAccepted,
	"pending": dialtone.SMSAccepted, "scheduled": dialtone.SMSAccepted,
	"sent": dialtone.SMSSent, "enroute": dialtone.SMSSent, "dispatched": dialtone.SMSSent,
	"delivered": dialtone.SMSDelivered, "delivrd": dialtone.SMSDelivered, "read": dialtone.SMSDelivered,
	"undelivered": dialtone.SMSUndelivered, "undeliverable": dialtone.SMSUndelivered, "undeliv": dialtone.SMSUndelivered,
	"failed": dialtone.SMSUndelivered, "expired": dialtone.SMSUndelivered, "deleted": dialtone.SMSUndelivered,
	"canceled": dialtone.SMSUndelivered, "cancelled": dialtone.SMSUndelivered, "aborted": dialtone.SMSUndelivered,
	"rejected": dialtone.SMSRejected, "rejectd": dialtone.SMSRejected, "blocked": dialtone.SMSRejected,
	"unknown": dialtone.SMSUnknown,
}

const (
	maxReport     = 64 << 10
	maxReportCode = 100
	reportTimeout = 5 * time.Second
)

// statusHandler takes the reports of one route.
type statusHandler struct {
	route  string
	config StatusConfig
	states map[string]dialtone.SMSState
	store  StatusStore
	log    *slog.Logger
	now    func() time.Time
}

// NewStatusHandler returns the address to which the gateway of a route posts its reports. Error: ErrInvalid if the
// configuration has no secret: everybody could report then.
func NewStatusHandler(route string, config StatusConfig, store StatusStore, log *slog.Logger) (http.Handler, error) {
	var err error
	if config.Secret, err = expandEnvironment(config.Secret); err != nil {
		return nil, err
	}
	if config.Secret == "" {
		return nil, invalid("the status of SMS route %s has no secret", route)
	}
	config.MessageID = cmp.Or(config.MessageID, "message_id")
	config.ProviderID = cmp.Or(config.ProviderID, "provider_id")
	config.State = cmp.Or(config.State, "state")
	config.Code = cmp.Or(config.Code, "code")
	states := maps.Clone(commonStates)
	for word, state := range config.States {
		if state.Rank() == 0 {
			return nil, invalid("the status of SMS route %s translates %q into the unknown state %q", route, word, state)
		}
		states[strings.ToLower(word)] = state
	}
	return &statusHandler{route: route, config: config, states: states, store: store, log: log, now: time.Now}, nil
}

// ServeHTTP answers 204 when the report is kept or not needed, 401 when it is not signed, 400 when it cannot be read,
// 503 when it should come again.
func (h *statusHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	// As JSON, whatever the gateway calls it: that is how it is read below.
	body, err := io.ReadAll(legible.Body(http.MaxBytesReader(w, r.Body, maxReport), "application/json", ""))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	now := h.now().UTC()
	if !signed(r.Header, h.config.Secret, now, body) {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	report, ok := h.report(body, now)
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), reportTimeout)
	defer cancel()
	if err := h.store.MessageReport(ctx, report); err != nil {
		// A report may overtake our own record of the message, which is written after the gateway has answered.
		if !errors.Is(err, dialtone.ErrNotFound) {
			h.log.Error("SMS report not kept", "route", h.route, "error", err)
		}
		w.Header().Set("Retry-After", "10")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// report reads the body; false if it names no message or no known state.
func (h *statusHandler) report(body []byte, now time.Time) (dialtone.SMSReport, bool) {
	if dialtone.UniqueNames(body) != nil {
		return dialtone.SMSReport{}, false
	}
	var document any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&document); err != nil {
		return dialtone.SMSReport{}, false
	}
	report := dialtone.SMSReport{
		Route:      h.route,
		MessageID:  textAt(document, h.config.MessageID),
		ProviderID: textAt(document, h.config.ProviderID),
		State:      h.states[strings.ToLower(textAt(document, h.config.State))],
		Code:       textAt(document, h.config.Code),
		At:         now,
	}
	report.Code = strings.ToValidUTF8(report.Code[:min(len(report.Code), maxReportCode)], "") // the cut may go through a letter
	return report, report.State.Rank() > 0 && (report.MessageID != "" || report.ProviderID != "")
}
