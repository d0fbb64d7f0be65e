package page

import (
	"strings"
	"testing"
)

func TestTheTabsOfAProductAreInSentenceCase(t *testing.T) {
	t.Parallel()
	var words []string
	for _, tab := range ProductTabs("prod_1", "try") {
		words = append(words, tab.Words)
		if tab.Current != (tab.Address == "/products/prod_1/try") {
			t.Errorf("current is %s", tab.Words)
		}
	}
	const want = "General, Listing, Scopes, Clients, Submit, Analytics, Requests, Try it"
	if got := strings.Join(words, ", "); got != want {
		t.Errorf("the tabs are %s, want %s", got, want)
	}
}
