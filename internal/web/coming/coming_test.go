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
	for _, place := range []coming.Place{coming.Portal, coming.Console} {
		handler, err := coming.New(place)
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
				t.Errorf("%s in %s: status %d\n%s", place, language, answer.Code, body)
			}
		}
	}
}
