// Package office is the console's room for an operator as a place of work: what waits, who works there, how it is set up. And for the
// whole installation, as its administrators see it.
//
//	GET       /                                              ShowFront                 front.go
//	GET       /installation                                  ShowInstallation          installation.go
//	GET       /operators/{operator}                          ShowHome                  home.go
//	GET       …/staff                                        ShowStaff                 staff_list.go
//	POST      …/staff/{account}/role, …/remove, …/sensitive  ChangeRole …              staff_change.go
//	GET, POST …/staff/invite                                 ShowInvite, Invite        invitation_send.go
//	POST      …/invitations/{invitation}/withdraw            Withdraw                  staff_change.go
//	GET, POST /invitations/{link}                            ShowInvitation, Accept    invitation_accept.go
//	GET, POST …/settings                                     ShowSettings, SaveSettings settings.go
package office

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

// Office holds the rules of operators.
type Office interface {
	page.Office
	Desks(ctx context.Context, actor dialtone.Actor) ([]operator.Desk, error)
	ProductCounts(ctx context.Context, actor dialtone.Actor, operatorID string) (map[dialtone.ListingState]int, error)
	Products(ctx context.Context, actor dialtone.Actor, q dialtone.OfferedQuery) ([]dialtone.Offered, error)

	Staff(ctx context.Context, actor dialtone.Actor, operatorID string) ([]dialtone.Staff, error)
	ChangeRole(ctx context.Context, actor dialtone.Actor, operatorID, accountID string, role dialtone.StaffRole, now time.Time) error
	Remove(ctx context.Context, actor dialtone.Actor, operatorID, accountID string, now time.Time) error
	SetSensitive(ctx context.Context, actor dialtone.Actor, operatorID, accountID string, may bool, now time.Time) error

	Invite(ctx context.Context, actor dialtone.Actor, operatorID, email string, role dialtone.StaffRole, now time.Time) (operator.Invited, error)
	Invitations(ctx context.Context, actor dialtone.Actor, operatorID string) ([]dialtone.StaffInvitation, error)
	Withdraw(ctx context.Context, actor dialtone.Actor, operatorID, id string, now time.Time) error
	InvitationByLink(ctx context.Context, link string, now time.Time) (dialtone.StaffInvitation, dialtone.Operator, error)
	Accept(ctx context.Context, actor dialtone.Actor, account dialtone.Account, link string, now time.Time) (dialtone.Operator, error)

	SetSettings(ctx context.Context, actor dialtone.Actor, operatorID string, s operator.Settings, seen, now time.Time) error
	Administrator(ctx context.Context, actor dialtone.Actor) (bool, error)
	Installation(ctx context.Context, actor dialtone.Actor) ([]operator.Standing, error)
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
	Mail   Mailer
	Origin string // the console's address, without a slash at the end
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

// choice is one of several values in a form.
type choice struct {
	Value, Words, Hint string
	Chosen             bool
}

func roleChoices(chosen dialtone.StaffRole) []choice {
	var list []choice
	for _, role := range dialtone.StaffRoles {
		list = append(list, choice{Value: string(role), Words: string(role), Hint: operator.RoleWords(role), Chosen: role == chosen})
	}
	return list
}
