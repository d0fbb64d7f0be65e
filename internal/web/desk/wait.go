package desk

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Later sets Retry-After (RFC 9110 §10.2.3) if the error is a *dialtone.BudgetError, and returns how long to wait in words;
// empty if waiting does not help.
func Later(w http.ResponseWriter, err error) string {
	budget, ok := errors.AsType[*dialtone.BudgetError](err)
	if !ok {
		return ""
	}
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(budget.RetryAfter.Seconds())))))
	return Wait(budget.RetryAfter)
}

// Wait says a time to wait in words, rounded up: "40 seconds", "5 minutes", "2 hours".
func Wait(d time.Duration) string {
	switch {
	case d <= 90*time.Second:
		return count(d, time.Second, "second")
	case d <= 90*time.Minute:
		return count(d, time.Minute, "minute")
	}
	return count(d, time.Hour, "hour")
}

func count(d, unit time.Duration, name string) string {
	n := max(1, int(math.Ceil(float64(d)/float64(unit))))
	if n == 1 {
		return "1 " + name
	}
	return fmt.Sprintf("%d %ss", n, name)
}
