package store_test

import (
	"testing"

	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, storetest.Conformance)
}
