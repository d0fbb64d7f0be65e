package traffic

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// DownloadAnalytics answers with the figures of the range in the address as CSV (RFC 4180): a row for each bucket, or with
// ?of=sms a row for each operator.
func (m *Room) DownloadAnalytics(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	in, faults := readRange(r.URL.Query(), v.Now)
	if len(faults) > 0 {
		m.Desk.Fail(w, r, v, faults)
		return
	}
	s, err := m.Reports.Summary(r.Context(), v.Actor, r.PathValue("product"), in, v.Now)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	what, table := "analytics", courseOf(s)
	if r.URL.Query().Get("of") == "sms" {
		what, table = "sms", costsOf(s)
	}
	var body bytes.Buffer
	writer := csv.NewWriter(&body)
	writer.UseCRLF = true // RFC 4180 §2
	if err := writer.WriteAll(table); err != nil {
		m.Desk.Fail(w, r, v, fmt.Errorf("write CSV: %w", err))
		return
	}
	header := w.Header()
	web.SecurityHeaders(header, web.FormsStay)
	header.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q",
		what+"-"+in.From.Format(time.DateOnly)+"-"+in.To.Add(-time.Second).Format(time.DateOnly)+".csv"))
	_, _ = body.WriteTo(w) // nobody is left to tell when the browser went away
}

// courseOf has a line for each bucket.
func courseOf(s traffic.Summary) [][]string {
	series := append([]traffic.Series{}, s.SignIns...)
	series = append(series, s.Consents.Granted, s.Consents.Updated, s.Consents.Revoked)
	series = append(append(series, s.Tokens...), s.TokenErrors...)
	head := []string{string(s.Range.By)}
	for _, one := range series {
		head = append(head, desk.Harmless(string(one.Kind))...)
	}
	table := [][]string{head}
	for i, start := range s.Buckets {
		line := []string{start.Format(time.RFC3339)}
		for _, one := range series {
			line = append(line, strconv.FormatInt(one.Counts[i], 10))
		}
		table = append(table, line)
	}
	return table
}

// costsOf has a line for each operator that shares its price.
func costsOf(s traffic.Summary) [][]string {
	table := [][]string{{"operator", "sms.segments", "cost", "currency"}}
	for _, cost := range s.SMS {
		table = append(table, desk.Harmless(cost.OperatorName, strconv.FormatInt(cost.Segments, 10), amount(cost.Cost), cost.Currency))
	}
	return table
}

// amount writes millionths as a decimal number.
func amount(millionths int64) string {
	const unit = 1_000_000
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%06d", millionths/unit, millionths%unit), "0"), ".")
}
