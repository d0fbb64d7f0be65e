package try

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// secretName is the name of the secrets that an account's runs make. Two colleagues try the same client side by side: neither
// takes the other's secret away.
func secretName(actor dialtone.Actor) string {
	const longest = 60 // characters, as the catalogue allows
	name := []rune("Try it by " + actor.Name)
	return string(name[:min(len(name), longest)])
}

// Step begins a run, or sends its next request.
func (m *Room) Step(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if !m.Desk.Form(w, r, v) {
		return
	}
	shown, err := m.page(r, v, r.PostForm.Get("client"))
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	current, problem, err := m.current(r, v, shown)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	if problem != "" {
		shown.Problem = problem
		m.pages.Render(w, v, http.StatusUnprocessableEntity, shown)
		return
	}
	ended, err := m.goOn(r, v, &current)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	if ended != nil {
		shown.Problem = ended.Problem
	}
	shown.Over = ended == nil && current.Next == ""
	shown.show(m, current)
	m.pages.Render(w, v, http.StatusOK, shown)
}

// current returns the run that the form carries, or a new one. A problem is for the person to read.
func (m *Room) current(r *http.Request, v desk.Visit, shown *Try) (run, string, error) {
	if sealed := r.PostForm.Get("run"); sealed != "" {
		current, err := m.open(sealed, v.Account.ID, v.Now)
		switch {
		case errors.Is(err, dialtone.ErrExpired):
			return run{}, "This run took longer than 15 minutes and its secret has expired. Start again.", nil
		case err == nil && current.ProductID != shown.Product.ID:
			return run{}, "", fmt.Errorf("run of another product: %w", dialtone.ErrInvalid)
		}
		return current, "", err
	}
	switch {
	case shown.Client.ID == "":
		return run{}, "The product has no client yet. Create one in the Clients tab.", nil
	case !shown.Listed:
		return run{}, "The product is not enabled at the sandbox operator. Offer it in the Listing tab; it is enabled at once.", nil
	case len(shown.Scopes) == 0:
		return run{}, "The product enables no scope. Enable at least one in the Scopes tab.", nil
	case len(shown.Client.RedirectURIs) == 0:
		return run{}, "The client has no login redirect URI, so the browser could not come back to it. Add one on the client’s page.", nil
	}
	return m.begin(r, v, shown)
}

// begin makes a run with its own secret.
func (m *Room) begin(r *http.Request, v desk.Visit, shown *Try) (run, string, error) {
	number := dialtone.PhoneNumber(r.PostForm.Get("number"))
	if !directory.IsSandboxNumber(number) {
		return run{}, "Choose one of the sandbox numbers: nobody else's number may be tried out.", nil
	}
	client := shown.Client
	redirect := r.PostForm.Get("redirect_uri")
	if !slices.Contains(client.RedirectURIs, redirect) {
		redirect = client.RedirectURIs[0]
	}
	begun := run{
		AccountID: v.Account.ID, ProductID: shown.Product.ID, ClientID: client.ID, Public: client.Public(), AuthMethod: client.AuthMethod,
		RedirectURI: redirect, Scopes: shown.Scopes, Number: number, PIN: directory.SandboxPIN(number),
		State: secret.Token("").Reveal(), Verifier: secret.Token("").Reveal(), Next: steps[0].Name, Expires: v.Now.Add(runLifetime),
	}
	if client.Public() {
		return begun, "", nil
	}
	// An earlier run that was left half-way has a secret, too. One that somebody named so lives longer.
	for _, s := range client.Secrets {
		if s.Name != secretName(v.Actor) || s.Expires.IsZero() || s.Expires.Sub(s.Created) > runLifetime {
			continue
		}
		if err := m.Catalog.RevokeSecret(r.Context(), v.Actor, client.ID, s.ID, v.Now); err != nil && !errors.Is(err, dialtone.ErrNotFound) {
			return run{}, "", err
		}
	}
	made, text, err := m.Catalog.IssueSecret(r.Context(), v.Actor, client.ID, secretName(v.Actor), begun.Expires, v.Now)
	if full, ok := errors.AsType[dialtone.FieldErrors](err); ok {
		return run{}, "The run needs a secret of its own. " + full[0].Problem, nil
	}
	if err != nil {
		return run{}, "", err
	}
	begun.SecretID, begun.Secret = made.ID, text.Reveal()
	return begun, "", nil
}

// goOn sends the next request, or takes the address at which a real browser landed in place of the steps up to there.
func (m *Room) goOn(r *http.Request, v desk.Visit, current *run) (*stop, error) {
	visitor := visitor{identity: m.Identity, issuer: m.Issuer, from: r, run: current}
	if landed := r.PostForm.Get("landed"); landed != "" && current.Code == "" {
		if ended := visitor.land(landed); ended != nil {
			return ended, nil // the run waits for a better address
		}
		current.Done = append(current.Done, exchange{
			Step: "consent", Request: "Your own browser did the steps up to here.", Answer: "It landed at\n" + landed,
		})
		current.Next = current.after("consent")
		return nil, nil
	}
	next, ok := stepNamed(current.Next)
	if !ok {
		return nil, fmt.Errorf("run is over: %w", dialtone.ErrConflict)
	}
	shown, ended, err := next.send(r.Context(), visitor)
	if err != nil {
		return nil, err
	}
	current.Done = append(current.Done, shown)
	current.Next = current.after(next.Name)
	if ended != nil {
		current.Next = ""
	}
	if current.Next == "" && current.SecretID != "" {
		err := m.Catalog.RevokeSecret(r.Context(), v.Actor, current.ClientID, current.SecretID, v.Now)
		if err != nil && !errors.Is(err, dialtone.ErrNotFound) {
			return nil, err
		}
	}
	return ended, nil
}
