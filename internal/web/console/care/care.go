// Package care is the console's room for single subscribers.
//
//	GET, POST …/care                                   ShowSearch, Find    search.go
//	GET, POST …/lines/{line}                           ShowLine, Act       line_show.go, line_act.go
//	POST      …/lines/{line}/consents/{product}/remove RemoveConsent       line_act.go
//	POST      …/lines/{line}/note                      Note                line_act.go
//
// No address holds a number: a search is a form, and leads to the line's id.
package care

import (
	"context"
	"embed"
	"time"

	"github.com/dialtone-id/dialtone/internal/care"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed templates
var files embed.FS

// Care holds the rules.
type Care interface {
	Find(ctx context.Context, actor dialtone.Actor, operatorID, q string, now time.Time) (string, error)
	Open(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID string, now time.Time) (care.View, error)
	Reveal(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, reason string, now time.Time) (dialtone.PhoneNumber, error)
	Revoke(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, productID, reason string, now time.Time) error
	EndSessions(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, reason string, now time.Time) (int, error)
	Do(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID string, act care.Act, reason string, now time.Time) error
	Note(ctx context.Context, actor dialtone.Actor, operatorID, subscriptionID, text string, now time.Time) error
}

// Scopes is the scope catalogue.
type Scopes interface {
	Scopes(ctx context.Context) (map[string]dialtone.Scope, error)
}

// Config is what the room needs.
type Config struct {
	Desk   *desk.Desk
	Face   *desk.Face
	Office page.Office
	Care   Care
	Scopes Scopes
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
