// Package product is the console's room for the products that are offered to an operator.
//
//	GET       …/products              ShowProducts          products_show.go
//	GET, POST …/products/{product}    ShowReview, Decide    review_show.go, decide.go
//	GET       /asset/{asset}          ShowAsset             asset_show.go
package product

import (
	"context"
	"embed"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/console/page"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

//go:embed templates
var files embed.FS

// Office holds the rules of what is offered.
type Office interface {
	page.Office
	Products(ctx context.Context, actor dialtone.Actor, q dialtone.OfferedQuery) ([]dialtone.Offered, error)
	ProductCounts(ctx context.Context, actor dialtone.Actor, operatorID string) (map[dialtone.ListingState]int, error)
	Review(ctx context.Context, actor dialtone.Actor, operatorID, productID string, now time.Time) (operator.Review, error)
	Decide(ctx context.Context, actor dialtone.Actor, d operator.Decision, now time.Time) (operator.Review, error)
}

// Scopes is the scope catalogue.
type Scopes interface {
	Scopes(ctx context.Context) (map[string]dialtone.Scope, error)
}

// Store has pictures, and whom to tell.
type Store interface {
	Asset(ctx context.Context, id string) (dialtone.Asset, error)
	Members(ctx context.Context, organizationID string) ([]dialtone.Member, error)
}

// Mailer hands an e-mail to a mail server. Its errors hold neither the address nor the text.
type Mailer interface {
	SendMail(ctx context.Context, m message.Mail) error
}

// Config is what the room needs.
type Config struct {
	Desk   *desk.Desk
	Face   *desk.Face
	Office Office
	Scopes Scopes
	Store  Store
	Mail   Mailer
	Portal string // its address, which mails to developers name; empty: this installation serves none
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
