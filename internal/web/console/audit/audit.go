// Package audit is the console's room for the audit log: what was done at the operator, by whom.
//
//	GET  …/audit                        ShowLog                      log_show.go
//	GET  …/audit.csv, …/audit.jsonl     DownloadCSV, DownloadLines   log_download.go
//	POST …/audit/verify                 Verify                       verify.go
package audit

import (
	"context"
	"embed"
	"time"

	"github.com/dialtone-id/dialtone/internal/audit"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed templates
var files embed.FS

// Log reads the audit logs.
type Log interface {
	Lines(ctx context.Context, actor dialtone.Actor, q dialtone.AuditQuery) ([]dialtone.AuditEntry, error)
	Export(ctx context.Context, actor dialtone.Actor, q dialtone.AuditQuery, filter string, now time.Time, do func(dialtone.AuditEntry) error) error
	Verify(ctx context.Context, operatorID string) (audit.Proof, error)
}

// Config is what the room needs.
type Config struct {
	Desk   *desk.Desk
	Face   *desk.Face
	Office page.Office
	Book   Log
}

// Room is the room; its methods are the handlers.
type Room struct {
	*desk.Desk
	Config
	pages *desk.Room
}

// New returns the room.
func New(c Config) (*Room, error) {
	pages, err := c.Face.Room(files)
	if err != nil {
		return nil, err
	}
	return &Room{Desk: c.Desk, Config: c, pages: pages}, nil
}
