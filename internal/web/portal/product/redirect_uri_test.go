package product_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAnAnswerAboutManyRedirectURIsIsShort(t *testing.T) {
	s := newStage(t)
	typed := strings.Repeat("x\n", 12_000)
	if problem := s.check(typed); strings.Count(problem, "Line ") != 21 || !strings.HasSuffix(problem, "Line 21: Keep at most 20 addresses.") {
		t.Errorf("while typing: %d bytes: %.2000s", len(problem), problem)
	}
	address := "/products/" + s.product.ID + "/clients/new"
	form := url.Values{"redirect_uris": {typed}}
	a := s.see(s.submit(s.developer, s.get(s.developer, address), address, form), http.StatusUnprocessableEntity)
	if problem := a.document.problem("redirect_uris"); strings.Count(problem, "Line ") != 21 || !strings.Contains(problem, "Line 21: Keep at most 20 addresses.") {
		t.Errorf("in the form: %d bytes: %.2000s", len(problem), problem)
	}
}
