package api_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/dialtone-id/dialtone/internal/secret"
)

// create makes a client, with an idempotency key.
func (s *stage) create(key, idempotencyKey, description string) reply {
	return s.do(call{
		method: "POST", path: "/products/" + s.developer.Product.ID + "/clients", key: key,
		body:   `{"description": "` + description + `", "redirect_uris": ["https://a.example/"]}`,
		header: map[string]string{"Idempotency-Key": idempotencyKey},
	})
}

func (s *stage) clientCount() int {
	s.t.Helper()
	list, err := s.catalog.Clients(s.t.Context(), s.owner(), s.developer.Product.ID)
	s.must(err)
	return len(list)
}

func TestARepeatedRequestIsAnsweredAgainAndDoneOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	first := s.create(key, "8e03978e-40d5-43dd-bc93-6894a57f9324", "Web").want(http.StatusCreated)
	// The draft writes the key as a quoted string; both are one key.
	again := s.create(key, `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, "Web").want(http.StatusCreated)
	if again.body != first.body || !strings.Contains(again.body, "dt_cs_") || again.header.Get("ETag") != first.header.Get("ETag") {
		t.Errorf("first %s, then %s", first.body, again.body)
	}
	if first.header.Get("Idempotent-Replayed") != "" || again.header.Get("Idempotent-Replayed") != "true" {
		t.Error("Idempotent-Replayed does not say which is the repetition")
	}
	if n := s.clientCount(); n != 2 {
		t.Errorf("%d clients, want 2 with the one that was there", n)
	}
	s.create(key, "8e03978e-40d5-43dd-bc93-6894a57f9324", "Other").want(http.StatusUnprocessableEntity).problem("idempotency-key-reused")
	// Another API key has idempotency keys of its own.
	s.create(s.key(), "8e03978e-40d5-43dd-bc93-6894a57f9324", "Web").want(http.StatusCreated)
	if n := s.clientCount(); n != 3 {
		t.Errorf("%d clients, want 3", n)
	}
}

func TestStoredAnswersHoldNoSecretInTheClear(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	made := s.create(key, "one", "Web").want(http.StatusCreated)
	actor, err := s.catalog.AuthenticateAPIKey(t.Context(), key, s.clock())
	s.must(err)
	stored, fresh, err := s.db.ReserveIdempotency(t.Context(), actor.APIKeyID, "one", "", s.clock())
	s.must(err)
	if fresh || !stored.Done || stored.SealedBody == "" || strings.Contains(stored.SealedBody, "dt_cs_") {
		t.Errorf("stored %+v", stored)
	}
	text := made.body[strings.Index(made.body, "dt_cs_"):]
	text, _, _ = strings.Cut(text, `"`)
	if strings.Contains(stored.SealedBody, text) || strings.Contains(s.log.String(), text) {
		t.Error("the client secret stands in the row or in the log")
	}
}

func TestAFailedRequestFreesItsIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	s.create(key, "one", "").want(http.StatusUnprocessableEntity).problem("invalid")
	s.create(key, "one", "Web").want(http.StatusCreated)
}

func TestARequestThatIsStillRunningIsNotDoneTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	actor, err := s.catalog.AuthenticateAPIKey(t.Context(), key, s.clock())
	s.must(err)
	path := "/api/v1/products/" + s.developer.Product.ID + "/clients"
	hash := secret.Hash("POST " + path + "\n" + `{"description": "Web", "redirect_uris": ["https://a.example/"]}`)
	_, fresh, err := s.db.ReserveIdempotency(t.Context(), actor.APIKeyID, "one", hash, s.clock())
	s.must(err)
	if !fresh {
		t.Fatal("the key was taken")
	}
	got := s.create(key, "one", "Web").want(http.StatusConflict)
	got.problem("request-in-progress")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestManyAtOnceAreDoneOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	before := s.clientCount()
	var wait sync.WaitGroup
	statuses := make([]int, 16)
	for i := range statuses {
		wait.Go(func() { statuses[i] = s.create(key, "one", "Web").status })
	}
	wait.Wait()
	for _, status := range statuses {
		if status != http.StatusCreated && status != http.StatusConflict {
			t.Errorf("status %d", status)
		}
	}
	if n := s.clientCount() - before; n != 1 {
		t.Errorf("%d clients were made", n)
	}
}

func TestOddIdempotencyKeysAreRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	key := s.key()
	for _, odd := range []string{`"`, `""`, `"a`, "a b", "ä", `a"b`, strings.Repeat("x", 256)} {
		s.create(key, odd, "Web").want(http.StatusBadRequest).problem("malformed")
	}
}
