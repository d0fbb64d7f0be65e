package audit

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// DownloadCSV answers with the lines that the address chooses as CSV (RFC 4180).
func (m *Room) DownloadCSV(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180 §2
	head := []string{"number", "time", "actor_id", "actor", "role", "action", "target_id", "target", "detail", "reason", "hash"}
	begin := func() error { return out.Write(head) }
	m.download(w, r, v, "csv", "text/csv; charset=utf-8; header=present", begin, func(e dialtone.AuditEntry) error {
		return out.Write(desk.Harmless(
			strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano), e.ActorID, e.Words.Actor, e.Words.Role, e.Action, e.Target,
			e.Words.Target, e.Words.Detail, e.Words.Reason, e.Hash,
		))
	})
	out.Flush()
}

// exported is a line as JSON: all that its digest and hash are made of, so that the chain can be checked without us.
type exported struct {
	Operator string              `json:"operator"`
	Number   int64               `json:"number"`
	Time     time.Time           `json:"time"`
	Micros   int64               `json:"time_micros"`
	ActorID  string              `json:"actor_id"`
	Action   string              `json:"action"`
	Target   string              `json:"target_id"`
	Words    dialtone.AuditWords `json:"words"`
	Digest   string              `json:"digest"`
	Hash     string              `json:"hash"`
}

// DownloadLines answers with the lines that the address chooses as JSON, one a line.
func (m *Room) DownloadLines(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	out := json.NewEncoder(w) // words come out byte for byte as their digest was made of them
	m.download(w, r, v, "jsonl", "application/jsonl; charset=utf-8", func() error { return nil }, func(e dialtone.AuditEntry) error {
		return out.Encode(exported{e.OperatorID, e.Seq, e.At, e.At.UnixMicro(), e.ActorID, e.Action, e.Target, e.Words, e.Digest, e.Hash})
	})
}

// download writes the lines. Once the first one is written a fault can only cut the answer off, which the reader of the file notices.
func (m *Room) download(
	w http.ResponseWriter, r *http.Request, v desk.Visit, kind, media string, begin func() error, line func(dialtone.AuditEntry) error,
) {
	at, err := page.Enter(r, v, m.Office, operator.ReadAudit)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	query := r.URL.Query()
	q := filter(query, at.Operator.ID)
	if wrong := days(query, &q); len(wrong) > 0 {
		m.Fail(w, r, v, wrong)
		return
	}
	begun := false
	start := func() error {
		begun = true
		header := w.Header()
		web.SecurityHeaders(header, web.FormsStay)
		header.Set("Content-Type", media)
		header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "audit-"+at.Operator.ID+"-"+v.Now.Format(time.DateOnly)+"."+kind))
		return begin()
	}
	err = m.Book.Export(r.Context(), v.Actor, q, kind+": "+inWords(query), v.Now, func(e dialtone.AuditEntry) error {
		if !begun {
			if err := start(); err != nil {
				return err
			}
		}
		return line(e)
	})
	if err == nil && !begun {
		err = start()
	}
	switch {
	case err != nil && !begun:
		m.Fail(w, r, v, err)
	case err != nil:
		panic(http.ErrAbortHandler)
	}
}
