package product

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/operator"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// Decide enables, declines or suspends a product.
func (m *Room) Decide(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Form(w, r, v) {
		return
	}
	d := operator.Decision{
		OperatorID: r.PathValue("operator"), ProductID: r.PathValue("product"), State: dialtone.ListingState(r.PostForm.Get("state")),
		Reason: r.PostForm.Get("reason"), Seen: seen(r.PostForm.Get("seen")), SeenProduct: seen(r.PostForm.Get("seen_product")),
	}
	decided, err := m.Office.Decide(r.Context(), v.Actor, d, v.Now)
	if err != nil {
		m.refuse(w, r, v, d, err)
		return
	}
	m.tell(r, decided)
	desk.See(w, r.URL.Path+"?done="+string(decided.Listing.State))
}

// refuse shows the product again, as it is now, with what was typed.
func (m *Room) refuse(w http.ResponseWriter, r *http.Request, v desk.Visit, d operator.Decision, err error) {
	_, stale := errors.AsType[*operator.StaleError](err)
	wrong, isField := errors.AsType[dialtone.FieldErrors](err)
	if !stale && !isField {
		m.Fail(w, r, v, err)
		return
	}
	p, err := m.reviewPage(r, v)
	if err != nil {
		m.Fail(w, r, v, err)
		return
	}
	status := http.StatusUnprocessableEntity
	p.Reason = reasonField(d.Reason)
	p.Reason.Problem, p.Problem = wrong.Of("reason"), wrong.Of("state")
	if stale {
		status = http.StatusConflict
		p.Problem = "A colleague decided, or the developers changed the product, while this page was open. Below is how it stands now: look again, then decide."
	}
	m.pages.Render(w, v, status, p)
}

// tell mails the decision to the product's developers. It stands whether or not they can be told: the portal shows it.
func (m *Room) tell(r *http.Request, decided operator.Review) {
	members, err := m.Store.Members(r.Context(), decided.Product.OrganizationID)
	if err != nil {
		m.Note(r, slog.LevelError, err)
		return
	}
	for _, member := range members {
		if member.Role == dialtone.RoleViewer || member.Account.Email == "" {
			continue
		}
		if err := m.Mail.SendMail(r.Context(), m.decisionMail(member.Account.Email, decided)); err != nil {
			m.Note(r, slog.LevelWarn, fmt.Errorf("tell a developer of product %s: %w", decided.Product.ID, err))
		}
	}
}

func (m *Room) decisionMail(to string, decided operator.Review) message.Mail {
	name, at := writing.InMessage(decided.Product.Name), writing.InMessage(decided.Operator.Name)
	reason := ""
	if decided.Listing.Reason != "" {
		reason = fmt.Sprintf("\nThe reason: %s\n", decided.Listing.Reason)
	}
	where := ""
	if m.Portal != "" {
		where = fmt.Sprintf("\n%s/products/%s/listing\n", m.Portal, decided.Product.ID)
	}
	return message.Mail{
		To:      to,
		Subject: fmt.Sprintf("%s: %s is %s", at, name, decided.Listing.State),
		Text:    fmt.Sprintf("%s decided on your product “%s”: it is %s. %s\n%s%s", at, name, decided.Listing.State, meaning[decided.Listing.State], reason, where),
	}
}

var meaning = map[dialtone.ListingState]string{
	dialtone.ListingEnabled:   "Its subscribers can sign in, from now on.",
	dialtone.ListingDeclined:  "Change what stands in the way, and offer it again.",
	dialtone.ListingSuspended: "Its subscribers cannot sign in any more, and their tokens have stopped. Ask the operator what has to change.",
}

// seen reads the time that a form carries of what the person saw; the zero time if it is none, which conflicts with everything.
func seen(text string) time.Time {
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
