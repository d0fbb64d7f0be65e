package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

func TestMain(m *testing.M) { _ = chromedp.Flag; m.Run() }
