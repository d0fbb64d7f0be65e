package product

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// checkRedirectURIs is where a field asks, while somebody types, what is wrong with the redirect URIs in it.
const checkRedirectURIs = "/check/redirect-uri"

// CheckRedirectURI says what is wrong with redirect URIs, one a line: {"problem": ""} if nothing is.
func (m *Room) CheckRedirectURI(w http.ResponseWriter, r *http.Request, _ desk.Visit) {
	typed := linesOf(r.URL.Query().Get("value"))
	var problems []string
	addresses := 0
	for i, uri := range typed {
		uri = strings.TrimSpace(uri)
		if uri == "" {
			continue
		}
		if addresses++; addresses > catalog.MostRedirectURIs {
			problems = append(problems, fmt.Sprintf("Line %d: Keep at most %d addresses.", i+1, catalog.MostRedirectURIs))
			break // thousands of lines would make thousands of problems
		}
		problem := catalog.RedirectURIProblem(uri)
		if problem != "" && len(typed) > 1 {
			problem = fmt.Sprintf("Line %d: %s", i+1, problem)
		}
		if problem != "" {
			problems = append(problems, problem)
		}
	}
	answerJSON(w, map[string]string{"problem": strings.Join(problems, " ")})
}
