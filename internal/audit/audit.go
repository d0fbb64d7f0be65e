// Package audit reads an operator's audit log and proves that it is whole.
//
// It owns who may read it, what an export holds and how the chain is checked. It refuses to write lines: what somebody does writes its
// own, in the same transaction (store.audited), so that nothing is done without one.
//
//	Lines   ── a page of it, by filter
//	Export  ── all of it by filter, itself a line
//	Verify  ── each line against the one before (dialtone.AuditEntry.Chain), up to the last one when it began
package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/operator"
)

// Store keeps the lines.
type Store interface {
	AuditLog(ctx context.Context, q dialtone.AuditQuery) ([]dialtone.AuditEntry, error)
	AuditFrom(ctx context.Context, operatorID string, seq int64, limit int) ([]dialtone.AuditEntry, error)
	AuditHead(ctx context.Context, operatorID string) (dialtone.AuditEntry, error)
	PutAudit(ctx context.Context, e dialtone.AuditEntry) error
}

// Office says who may read.
type Office interface {
	May(ctx context.Context, actor dialtone.Actor, operatorID string, action operator.Action) (operator.Desk, error)
}

// Log reads the logs of all operators. Safe for concurrent use.
type Log struct {
	Store  Store
	Office Office
}

// MostLines is how many lines one page holds at most.
const MostLines = 200

// Lines returns lines of the log, the newest first. Errors: as operator.Office.May.
func (l *Log) Lines(ctx context.Context, actor dialtone.Actor, q dialtone.AuditQuery) ([]dialtone.AuditEntry, error) {
	if _, err := l.Office.May(ctx, actor, q.OperatorID, operator.ReadAudit); err != nil {
		return nil, err
	}
	q.Limit = min(q.Limit, MostLines+1)
	lines, err := l.Store.AuditLog(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("audit log of operator %s: %w", q.OperatorID, err)
	}
	return lines, nil
}

// exportStep is how many lines an export reads at a time.
const exportStep = 1000

// Export calls do with each line that the query chooses, the newest first. That somebody took them along is a line of the log as well,
// with the filter in words, which is written first. Errors: as Lines; that of do.
func (l *Log) Export(ctx context.Context, actor dialtone.Actor, q dialtone.AuditQuery, filter string, now time.Time, do func(dialtone.AuditEntry) error) error {
	desk, err := l.Office.May(ctx, actor, q.OperatorID, operator.ReadAudit)
	if err != nil {
		return err
	}
	if err := l.Store.PutAudit(ctx, desk.Line(actor, "audit.export", q.OperatorID, dialtone.AuditWords{Target: desk.Operator.Name, Detail: filter}, now)); err != nil {
		return fmt.Errorf("export the audit log of operator %s: %w", q.OperatorID, err)
	}
	for q.Limit = exportStep; ; {
		lines, err := l.Store.AuditLog(ctx, q)
		if err != nil {
			return fmt.Errorf("export the audit log of operator %s: %w", q.OperatorID, err)
		}
		for _, e := range lines {
			if err := do(e); err != nil {
				return err
			}
			q.Before = e.Seq
		}
		if len(lines) < exportStep {
			return nil
		}
	}
}

// Proof is what a check of a log found.
type Proof struct {
	Lines int64  // that were looked at, up to and with number Lines
	Head  string // hash of the last one
	// Broken is the number of the first line that does not follow from the one before, or is missing; 0: the log is whole.
	Broken int64
	Why    string
}

// Whole reports whether nothing was taken out or changed.
func (p Proof) Whole() bool { return p.Broken == 0 }

const verifyStep = 2000

// Verify checks every line of an operator's log, up to the one that is the last when it begins: what is written meanwhile does not
// disturb it. An empty operator id is the installation's own log.
func (l *Log) Verify(ctx context.Context, operatorID string) (Proof, error) {
	head, err := l.Store.AuditHead(ctx, operatorID)
	if err != nil {
		return Proof{}, fmt.Errorf("verify the audit log of operator %s: %w", operatorID, err)
	}
	var p Proof
	for p.Lines < head.Seq {
		lines, err := l.Store.AuditFrom(ctx, operatorID, p.Lines+1, verifyStep)
		if err != nil {
			return Proof{}, fmt.Errorf("verify the audit log of operator %s: %w", operatorID, err)
		}
		if len(lines) == 0 {
			return p.broken(p.Lines+1, "the line is missing, and all after it"), nil
		}
		for _, e := range lines {
			if e.Seq > head.Seq {
				break
			}
			if why := p.fault(e); why != "" {
				return p.broken(p.Lines+1, why), nil
			}
			p.Lines, p.Head = e.Seq, e.Hash
		}
	}
	if p.Head != head.Hash {
		return p.broken(p.Lines, "the last line is not the one that was written last"), nil
	}
	return p, nil
}

// fault says what is wrong with the line that follows; empty: nothing.
func (p Proof) fault(e dialtone.AuditEntry) string {
	switch {
	case e.Seq != p.Lines+1:
		return "the line is missing"
	case e.Words != (dialtone.AuditWords{}) && e.Words.Digest() != e.Digest:
		return "its words were changed"
	case e.Chain(p.Head) != e.Hash:
		return "it does not follow from the line before: one of the two was changed"
	}
	return ""
}

func (p Proof) broken(at int64, why string) Proof {
	p.Broken, p.Why = at, why
	return p
}
