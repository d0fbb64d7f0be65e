package coming_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/coming"
)

func TestThePageSpeaksEveryLanguage(t *testing.T) {
	t.Parallel()
	handler, err := coming.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range web.Languages {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Accept-Language", language)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		body := answer.Body.String()
		if answer.Code != http.StatusOK || !strings.Contains(body, `lang="`+language+`"`) || strings.Count(body, "<li>") != 4 {
			t.Errorf("in %s: status %d\n%s", language, answer.Code, body)
		}
	}
}
