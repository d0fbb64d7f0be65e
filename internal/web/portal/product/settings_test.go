package product

import (
	"net/url"
	"slices"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestTheFormAsksForEverySettingOfAClient(t *testing.T) {
	t.Parallel()
	var asked, all []string
	for _, s := range settings() {
		asked = append(asked, s.Name)
	}
	for _, s := range new(dialtone.ClientSettings).Each() {
		all = append(all, s.Name)
	}
	slices.Sort(asked)
	slices.Sort(all)
	if !slices.Equal(asked, all) {
		t.Errorf("the form has %v, a client %v", asked, all)
	}
}

func TestAFormThatLacksASettingLeavesItAlone(t *testing.T) {
	t.Parallel()
	seconds := 30
	before := dialtone.ClientSettings{Description: "web", AuthMethod: dialtone.AuthPost, RedirectURIs: []string{"https://example.com/"}, RefreshGraceSeconds: &seconds, ClaimsInIDToken: true}
	after := before
	if err := readSettings(url.Values{"description": {"web app"}}, &after); err != nil {
		t.Fatal(err)
	}
	for i, s := range after.Each() {
		if same := s.Same(before.Each()[i]); same == (s.Name == "description") {
			t.Errorf("%s: unchanged is %v", s.Name, same)
		}
	}
	// What a form shows is what it reads.
	var read dialtone.ClientSettings
	if err := readSettings(settingTexts(before), &read); err != nil {
		t.Fatal(err)
	}
	for i, s := range read.Each() {
		if !s.Same(before.Each()[i]) {
			t.Errorf("%s is not read as it is shown", s.Name)
		}
	}
}
