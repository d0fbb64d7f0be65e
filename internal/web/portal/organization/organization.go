// Package organization is the portal's room for an organization: its products, members, API keys, log and settings.
//
//	GET, POST /organizations/new                             ShowNew, Create                organization_create.go
//	GET       /organizations/{organization}                  ShowProducts                   product_list.go
//	GET       /organizations/{organization}/members          ShowMembers                    member_list.go
//	POST      …/members/{account}/role, …/remove             ChangeRole, RemoveMember       member_change.go
//	GET, POST …/members/transfer                             ShowTransfer, Transfer         member_transfer.go
//	GET, POST …/members/invite                               ShowInvite, Invite             invitation_send.go
//	POST      …/invitations/{invitation}/withdraw            Withdraw                       invitation_withdraw.go
//	GET, POST /invitations/{link}                            ShowInvitation, Accept         invitation_accept.go
//	GET       …/keys                                         ShowKeys                       key_list.go
//	GET, POST …/keys/new                                     ShowNewKey, CreateKey          key_create.go
//	POST      …/keys/{key}/revoke                            RevokeKey                      key_revoke.go
//	GET       …/activity                                     ShowActivity                   activity_list.go
//	GET, POST …/settings                                     ShowSettings, Rename           settings_show.go
//	POST      …/settings/company, …/settings/company/remove  SetCompany, RemoveCompany      company_set.go
//
// Who may do what stands in catalog/permission.go. The pages leave out what would be refused; refused it is all the same.
package organization

import (
	"context"
	"embed"
	"net/http"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/company"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

//go:embed templates
var files embed.FS

// Catalog holds the rules of organizations.
type Catalog interface {
	Organization(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.Membership, error)
	CreateOrganization(ctx context.Context, actor dialtone.Actor, name string, now time.Time) (dialtone.Organization, error)
	RenameOrganization(ctx context.Context, actor dialtone.Actor, organizationID, name string, now time.Time) error
	Products(ctx context.Context, actor dialtone.Actor, organizationID string, q catalog.ProductQuery) ([]dialtone.Product, error)

	Members(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.Member, error)
	ChangeRole(ctx context.Context, actor dialtone.Actor, organizationID, accountID string, role dialtone.Role, now time.Time) error
	RemoveMember(ctx context.Context, actor dialtone.Actor, organizationID, accountID string, now time.Time) error
	Transfer(ctx context.Context, actor dialtone.Actor, organizationID, accountID string, now time.Time) error

	Invite(ctx context.Context, actor dialtone.Actor, organizationID, email string, role dialtone.Role, now time.Time) (catalog.Invited, error)
	Invitations(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.Invitation, error)
	WithdrawInvitation(ctx context.Context, actor dialtone.Actor, organizationID, id string, now time.Time) error
	InvitationByLink(ctx context.Context, link string, now time.Time) (dialtone.Invitation, dialtone.Organization, error)
	AcceptInvitation(ctx context.Context, actor dialtone.Actor, account dialtone.Account, link string, now time.Time) (dialtone.Organization, error)

	APIKeys(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.APIKey, error)
	CreateAPIKey(ctx context.Context, actor dialtone.Actor, organizationID string, edit catalog.APIKeyEdit, now time.Time) (dialtone.APIKey, secret.Text, error)
	RevokeAPIKey(ctx context.Context, actor dialtone.Actor, organizationID, keyID string, now time.Time) error

	Activities(ctx context.Context, actor dialtone.Actor, organizationID string, before time.Time, beforeID string, limit int) ([]dialtone.Activity, error)

	CompanySignIn(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.CompanySignIn, error)
	SetCompanySignIn(ctx context.Context, actor dialtone.Actor, organizationID string, edit catalog.CompanyEdit, now time.Time) error
	RemoveCompanySignIn(ctx context.Context, actor dialtone.Actor, organizationID string, now time.Time) error
}

// Mailer hands an e-mail to a mail server. Its errors hold neither the address nor the text.
type Mailer interface {
	SendMail(ctx context.Context, m message.Mail) error
}

// Secrets seals what only company sign-in opens again.
type Secrets interface {
	// Seal seals the client secret that an organization has at its provider.
	Seal(at company.Registration, clientSecret secret.Text) string
}

// Config is what the room needs.
type Config struct {
	Desk    *desk.Desk
	Face    *desk.Face
	Catalog Catalog
	Store   desk.Spender
	Mail    Mailer
	Secrets Secrets
	Origin  string // the portal's address, without a slash at the end
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

// house is the organization that an address names, as the person who looks may see it.
type house struct {
	dialtone.Membership
	address string // of its first page
}

// house returns the organization of the request's address. Errors: ErrNotFound, also for who is no member.
func (m *Room) house(r *http.Request, v desk.Visit) (house, error) {
	membership, err := m.Catalog.Organization(r.Context(), v.Actor, r.PathValue("organization"))
	return house{membership, "/organizations/" + membership.Organization.ID}, err
}

// may reports whether the person may do the action, so that a page leaves out what would be refused.
func (h house) may(action catalog.Action) bool { return catalog.RoleMay(h.Role, action) }

// The tabs, by the last part of their addresses.
const (
	tabProducts = ""
	tabMembers  = "members"
	tabKeys     = "keys"
	tabActivity = "activity"
	tabSettings = "settings"
)

// closed are the tabs that not everybody may read.
var closed = map[string]catalog.Action{tabKeys: catalog.ReadKeys, tabActivity: catalog.ReadActivity}

// shell is the frame of a page of the organization.
func (h house) shell(tab string) desk.Shell {
	s := desk.Shell{Title: h.Organization.Name, Crumbs: []desk.Link{{Words: "Organizations", Address: "/"}}, Wide: true}
	for _, t := range page.OrganizationTabs(h.Organization.ID, tab) {
		needs, isClosed := closed[strings.TrimPrefix(t.Address, h.address+"/")]
		if !isClosed || h.may(needs) {
			s.Tabs = append(s.Tabs, t)
		}
	}
	return s
}

// inside is the frame of a page that belongs to a tab of the organization: a form of its own.
func (h house) inside(title, tab, tabWords string) desk.Shell {
	return desk.Shell{Title: title, Crumbs: []desk.Link{
		{Words: "Organizations", Address: "/"}, {Words: h.Organization.Name, Address: h.address},
		{Words: tabWords, Address: h.address + "/" + tab},
	}}
}
