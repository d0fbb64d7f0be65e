package catalog_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// invite invites a new person as a developer and returns the person and the link.
func (s *stage) invite(t *testing.T) (dialtone.Actor, dialtone.Account, catalog.Invited) {
	t.Helper()
	who := s.person(t)
	account := s.accounts[who.AccountID]
	return who, account, get(s.Invite(t.Context(), s.owner, s.organization.ID, strings.ToUpper(account.Email), dialtone.RoleDeveloper, now))(t)
}

func TestAnInvitationIsAcceptedOnceByTheInvited(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	who, account, invited := s.invite(t)
	link := invited.Link.Reveal()
	i, o, err := s.InvitationByLink(t.Context(), link, now)
	if err != nil || i.Email != account.Email || i.Role != dialtone.RoleDeveloper || i.InvitedBy != s.owner.Name || o.ID != s.organization.ID {
		t.Errorf("got %+v %+v, %v", i, o, err)
	}
	if strings.Contains(i.SecretHash, strings.SplitN(link, ".", 2)[1]) {
		t.Error("the row holds the secret")
	}
	_, err = s.AcceptInvitation(t.Context(), s.stranger, s.accounts[s.stranger.AccountID], link, now)
	var other *catalog.WrongAddressError
	if !errors.As(err, &other) || !errors.Is(err, dialtone.ErrForbidden) || other.Invited != account.Email {
		t.Errorf("somebody else: got %v, want *WrongAddressError", err)
	}
	_, err = s.AcceptInvitation(t.Context(), s.stranger, account, link, now)
	if !errors.As(err, &other) {
		t.Errorf("with another's account: got %v, want *WrongAddressError", err)
	}
	if joined := get(s.AcceptInvitation(t.Context(), who, account, link, now))(t); joined.ID != s.organization.ID {
		t.Errorf("joined %+v", joined)
	}
	must(t, s.May(t.Context(), who, s.organization.ID, catalog.WriteProducts))
	s.logged(t, who, "invitation.accept")
	_, err = s.AcceptInvitation(t.Context(), who, account, link, now)
	fails(t, "a second time", err, dialtone.ErrConflict)
	if _, o, err := s.InvitationByLink(t.Context(), link, now); !errors.Is(err, dialtone.ErrConflict) || o.ID != s.organization.ID {
		t.Errorf("its page: got %v of %s, want ErrConflict with the organization", err, o.ID)
	}
}

func TestALinkThatIsNotRightIsNoLink(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	who, account, invited := s.invite(t)
	id, _, _ := strings.Cut(invited.Link.Reveal(), ".")
	for _, link := range []string{"", ".", id, id + ".", id + ".x", invited.Link.Reveal() + "x", "invitation_x.y", strings.Replace(invited.Link.Reveal(), ".", "", 1)} {
		_, _, err := s.InvitationByLink(t.Context(), link, now)
		fails(t, "look at "+link, err, dialtone.ErrNotFound)
		_, err = s.AcceptInvitation(t.Context(), who, account, link, now)
		fails(t, "accept "+link, err, dialtone.ErrNotFound)
	}
}

func TestAnOldOrWithdrawnInvitationIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	who, account, invited := s.invite(t)
	late := now.Add(8 * 24 * time.Hour)
	_, err := s.AcceptInvitation(ctx, who, account, invited.Link.Reveal(), late)
	fails(t, "accept late", err, dialtone.ErrExpired)
	_, _, err = s.InvitationByLink(ctx, invited.Link.Reveal(), late)
	fails(t, "look late", err, dialtone.ErrExpired)

	fails(t, "a viewer withdraws", s.WithdrawInvitation(ctx, s.viewer, org, invited.Invitation.ID, now), dialtone.ErrForbidden)
	fails(t, "a stranger withdraws", s.WithdrawInvitation(ctx, s.stranger, org, invited.Invitation.ID, now), dialtone.ErrNotFound)
	fails(t, "from elsewhere", s.WithdrawInvitation(ctx, s.stranger, s.elsewhere.ID, invited.Invitation.ID, now), dialtone.ErrNotFound)
	must(t, s.WithdrawInvitation(ctx, s.owner, org, invited.Invitation.ID, now))
	_, err = s.AcceptInvitation(ctx, who, account, invited.Link.Reveal(), now)
	fails(t, "accept a withdrawn one", err, dialtone.ErrNotFound)

	first := get(s.Invite(ctx, s.owner, org, account.Email, dialtone.RoleViewer, now))(t)
	get(s.Invite(ctx, s.owner, org, account.Email, dialtone.RoleDeveloper, now))(t)
	_, err = s.AcceptInvitation(ctx, who, account, first.Link.Reveal(), now)
	fails(t, "accept the one before the last", err, dialtone.ErrNotFound)
	if list := get(s.Invitations(ctx, s.viewer, org))(t); len(list) != 5 {
		t.Errorf("%d invitations are listed, want those of two members and three", len(list))
	}
}

func TestInvitationsAreChecked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx, org := t.Context(), s.organization.ID
	for _, email := range []string{"", "kim", "kim@", "Kim <kim@example.com>", "kim@example.com, x@example.com", "kim@localdomain", "a\u202e b@example.com"} {
		_, err := s.Invite(ctx, s.owner, org, email, dialtone.RoleViewer, now)
		wrong(t, err, "email")
	}
	_, err := s.Invite(ctx, s.owner, org, s.accounts[s.viewer.AccountID].Email, dialtone.RoleOwner, now)
	wrong(t, err, "email")
	_, err = s.Invite(ctx, s.owner, org, "kim@example.com", "boss", now)
	wrong(t, err, "role")
	_, err = s.Invite(ctx, s.developer, org, "kim@example.com", dialtone.RoleViewer, now)
	fails(t, "a developer", err, dialtone.ErrForbidden)
	_, err = s.Invite(ctx, s.stranger, org, "kim@example.com", dialtone.RoleViewer, now)
	fails(t, "a stranger", err, dialtone.ErrNotFound)
	for _, line := range s.log(t) {
		if line.Action == "invitation.create" && strings.Contains(line.Detail, "@") {
			t.Errorf("the log keeps an address for ever: %+v", line)
		}
	}
}

// grown is when the stage's organizations have left their youth behind.
var grown = now.AddDate(0, 0, 8)

func TestInvitationsPerDayAreLimited(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at      time.Time
		allowed int
	}{"in the first week": {now, 10}, "later": {grown, 100}} {
		s := newStage(t)
		var err error
		sent := 0
		for ; sent < 200 && err == nil; sent++ {
			_, err = s.Invite(t.Context(), s.stranger, s.elsewhere.ID, fmt.Sprintf("kim%d@example.com", sent), dialtone.RoleViewer, c.at)
		}
		fails(t, "the last one", err, dialtone.ErrExhausted)
		if sent-1 != c.allowed {
			t.Errorf("%s: %d were allowed, want %d", name, sent-1, c.allowed)
		}
		if _, young := errors.AsType[*catalog.YoungError](err); young != (c.at == now) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestANameLeadsNobodyAwayAndPassesForNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	if err := s.PutOperator(ctx, dialtone.Operator{ID: "op_orange", Name: "Orange", Approval: dialtone.ApprovalManual, Language: "en"}, now); err != nil {
		t.Fatal(err)
	}
	if err := s.PutOperator(ctx, dialtone.Operator{ID: "op_fjord", Name: "Fjord Mobile", Approval: dialtone.ApprovalManual, Language: "en",
		SMS: dialtone.SMSRoute{Sender: "Fjord"}}, now); err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{
		"Orange Juice Bar": true, "Booking.com": true, "24/7 Taxi": true, "H&M": true, "Formel 1": true, "7-Eleven": true,
		"Fjord Tours": true, "Fjord": false, "Fj0rd: invoice due": false, "Pay at 45.9.1.7": false, "\U0001f4a9.la/pay": false, "070\u2013174\u201306\u201305": false,
		"Orange": false, "0range: invoice due": false, "Оrange": false, "ORANGE – pay now": false, "Dialtone Support": false, "MyDia1tone": false,
		"pay at http://evil.example": false, "evil.example/pay": false, "call +46 70 174 06 05": false, "me@evil.example": false,
	} {
		_, err := s.CreateProduct(ctx, s.owner, s.organization.ID, catalog.ProductEdit{Name: name}, now)
		if ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !ok {
			wrong(t, err, "name")
			wrong(t, s.RenameOrganization(ctx, s.owner, s.organization.ID, name, now), "name")
		}
	}
}

func TestManyOrganizationsCannotFloodAMailbox(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var err error
	sent := 0
	for ; sent < 100 && err == nil; sent++ {
		// The same address, whichever way it is written and whoever asks.
		who, organizationID, email := s.owner, s.organization.ID, "kim@example.com"
		if sent%2 == 1 {
			who, organizationID, email = s.stranger, s.elsewhere.ID, " kim@EXAMPLE.com"
		}
		_, err = s.Invite(t.Context(), who, organizationID, email, dialtone.RoleViewer, grown)
	}
	fails(t, "the last one", err, dialtone.ErrExhausted)
	if allowed := sent - 1; allowed < 5 || allowed > 20 {
		t.Errorf("%d were allowed, want a handful or two", allowed)
	}
	get(s.Invite(t.Context(), s.owner, s.organization.ID, "lee@example.com", dialtone.RoleViewer, grown))(t)
	get(s.Invite(t.Context(), s.owner, s.organization.ID, "kim@example.com", dialtone.RoleViewer, grown.Add(25*time.Hour)))(t)
}

func TestACompanySessionCannotTakeAnInvitationElsewhere(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	who, account, invited := s.invite(t)
	who.OrganizationID = s.elsewhere.ID
	_, err := s.AcceptInvitation(t.Context(), who, account, invited.Link.Reveal(), now)
	var forbidden *dialtone.ForbiddenError
	if !errors.As(err, &forbidden) {
		t.Errorf("got %v, want *ForbiddenError", err)
	}
	_, err = s.AcceptInvitation(t.Context(), s.key(t, catalog.ReadOrganization), account, invited.Link.Reveal(), now)
	if !errors.As(err, &forbidden) {
		t.Errorf("a key: got %v, want *ForbiddenError", err)
	}
}
