package dialtone_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestTheListOfAClientsSettingsHasThemAll(t *testing.T) {
	t.Parallel()
	var settings dialtone.ClientSettings
	listed := make(map[uintptr]string)
	names := make(map[string]bool)
	for _, s := range settings.Each() {
		listed[reflect.ValueOf(s.At).Pointer()] = s.Name
		if s.Name == "" || s.Words == "" || names[s.Name] {
			t.Errorf("setting %q (%s) has no name or words, or is listed twice", s.Name, s.Words)
		}
		names[s.Name] = true
	}
	of := reflect.ValueOf(&settings).Elem()
	for i := range of.NumField() {
		if listed[of.Field(i).Addr().Pointer()] == "" {
			t.Errorf("Each does not list ClientSettings.%s", of.Type().Field(i).Name)
		}
	}
}

func TestRefreshGraceIsTheClientsOwnOrAsUsualForItsType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    dialtone.ClientType
		seconds int // -1: none chosen
		want    time.Duration
		kept    bool // as a choice of its own
	}{
		{dialtone.ClientConfidential, -1, 10 * time.Minute, false},
		{dialtone.ClientPublic, -1, 2 * time.Minute, false},
		{dialtone.ClientConfidential, 0, 0, true},
		{dialtone.ClientPublic, 3600, time.Hour, true},
		{dialtone.ClientConfidential, 600, 10 * time.Minute, false},
		{dialtone.ClientPublic, 600, 10 * time.Minute, true},
	} {
		client := dialtone.Client{Type: c.kind}
		if c.seconds >= 0 {
			client.RefreshGraceSeconds = &c.seconds
		}
		usual := client.WithUsualSettings()
		if client.RefreshGrace() != c.want || usual.RefreshGrace() != c.want || (usual.RefreshGraceSeconds != nil) != c.kept {
			t.Errorf("%s with %d s: %s, then %s; want %s", c.kind, c.seconds, client.RefreshGrace(), usual.RefreshGrace(), c.want)
		}
	}
}
