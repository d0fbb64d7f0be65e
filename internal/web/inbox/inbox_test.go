package inbox_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/web/inbox"
)

func filled(t *testing.T) *message.Inbox {
	t.Helper()
	box := message.NewInbox()
	for _, m := range []message.Message{
		{ID: "1", Sender: "Fjord", To: "+33639980000", Text: "111111 is your PIN\n@localhost #111111"},
		{ID: "2", Sender: "Fjord", To: "+33639980001", Text: "222222 is your <b> PIN"},
	} {
		if _, err := box.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return box
}

func get(t *testing.T, box *message.Inbox, target string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	inbox.New(box, inbox.Door{Name: "The app", Address: "http://localhost:1/app/", Who: "Be yourself."}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, target, nil))
	return recorder
}

func TestThePageShowsMessagesNewestFirstAndEscaped(t *testing.T) {
	t.Parallel()
	answer := get(t, filled(t), "/")
	body := answer.Body.String()
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d", answer.Code)
	}
	newer, older := strings.Index(body, "222222"), strings.Index(body, "111111")
	if newer < 0 || older < 0 || newer > older {
		t.Errorf("messages are at %d and %d, want both, the newer one first", newer, older)
	}
	if !strings.Contains(body, `data-copy="222222"`) || !strings.Contains(body, `data-copy="111111"`) {
		t.Error("the PINs cannot be copied")
	}
	if !strings.Contains(body, `<a href="http://localhost:1/app/"><strong>The app</strong>`) || !strings.Contains(body, "Be yourself.") {
		t.Error("the doors are missing")
	}
	if strings.Contains(body, "<b>") {
		t.Error("the text of a message is not escaped")
	}
	if !strings.Contains(body, `data-newest="2"`) {
		t.Error("the script cannot tell what is newest")
	}
	if policy := answer.Header().Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") {
		t.Errorf("policy allows inline code: %s", policy)
	}
}

func TestAnEmptyInboxSaysWhatToDo(t *testing.T) {
	t.Parallel()
	body := get(t, message.NewInbox(), "/").Body.String()
	if !strings.Contains(body, "Nothing yet") || !strings.Contains(body, "+33639980000") {
		t.Errorf("page: %s", body)
	}
	if got := get(t, message.NewInbox(), "/messages").Body.String(); got != "[]\n" {
		t.Errorf("JSON %q, want an empty list", got)
	}
}

func TestAScriptReadsTheMessagesOfOneNumber(t *testing.T) {
	t.Parallel()
	var got []struct{ ID, Text string }
	if err := json.Unmarshal(get(t, filled(t), "/messages?to=%2B33639980000").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].ID != "1" {
		t.Errorf("got %+v, want the message to +33639980000", got)
	}
}

func TestTheStaticFilesAreServed(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"/inbox.css", "/inbox.js"} {
		if answer := get(t, filled(t), name); answer.Code != http.StatusOK {
			t.Errorf("GET %s: status %d", name, answer.Code)
		}
	}
}
