package pages_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/dialtone-id/dialtone/internal/web"
)

// What a page costs, of those that somebody new sees, and the words of the consent for its proof.
func BenchmarkPages(b *testing.B) {
	renderer := newRenderer(b)
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	for _, sample := range samples() {
		if !slices.Contains([]string{"number", "pin", "consent"}, sample.Name) {
			continue
		}
		page := sample.Page(web.Frame{Language: "sv"})
		b.Run(sample.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				renderer.Render(httptest.NewRecorder(), request, http.StatusOK, page)
			}
		})
		b.Run(sample.Name+" words", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				renderer.Words(page)
			}
		})
	}
}
