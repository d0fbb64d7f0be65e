package message

import (
	"context"
	"fmt"
	"testing"
)

func TestTheInboxKeepsTheNewestAndTellsWhenOneComes(t *testing.T) {
	t.Parallel()
	inbox := NewInbox()
	changed := inbox.Changed()
	for i := range inboxSize + 3 {
		if _, err := inbox.Send(context.Background(), Message{ID: fmt.Sprint(i), To: "+33639980000", Text: "hello"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := inbox.SendMail(context.Background(), Mail{To: "a@example.com", Subject: "Hi", Text: "there"}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-changed:
	default:
		t.Error("nobody was told that a message came")
	}
	list := inbox.List()
	if len(list) != inboxSize || list[0].Kind != KindMail || list[0].Subject != "Hi" || list[1].ID != fmt.Sprint(inboxSize+2) {
		t.Errorf("%d messages, newest %+v, then %+v", len(list), list[0], list[1])
	}
	if got := list[1]; got.Kind != KindSMS || got.To != "+33639980000" || got.Text != "hello" || got.At.IsZero() {
		t.Errorf("got %+v", got)
	}
}
