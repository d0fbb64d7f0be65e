package api

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestAClientsSettingsHaveTheirNamesOnTheWire(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(showClient(dialtone.Client{}))
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	// Empty ones of text are left out of JSON, and there is no client without them.
	empty := []string{"auth_method", "id_token_algorithm"}
	for _, s := range new(dialtone.ClientSettings).Each() {
		if _, there := members[s.Name]; !there && !slices.Contains(empty, s.Name) {
			t.Errorf("a client on the wire lacks %s: %s", s.Name, text)
		}
	}
}
