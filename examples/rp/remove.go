package rp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2/clientcredentials"
)

// remove leads a signed-in user to the provider's page "Remove this product", through a link that works once.
func (a *app) remove(w http.ResponseWriter, r *http.Request) {
	_, u := a.signedIn(r)
	if u == nil {
		http.Redirect(w, r, HomePath, http.StatusSeeOther)
		return
	}
	link, err := a.removeLink(r.Context(), u.tokens.AccessToken)
	if err != nil {
		renderFault(w, err)
		return
	}
	http.Redirect(w, r, link, http.StatusSeeOther)
}

// removeLink asks the provider for the link, with a token of the app's own (client credentials).
func (a *app) removeLink(ctx context.Context, accessToken string) (string, error) {
	provider, err := a.discover(ctx)
	if err != nil {
		return "", err
	}
	own := clientcredentials.Config{ClientID: a.ClientID, ClientSecret: a.ClientSecret, TokenURL: provider.Endpoint().TokenURL}
	form := url.Values{"token": {accessToken}, "redirectTo": {a.Address + RemovedPath}, "state": {random()}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		a.Issuer+"/ext-api/v0/auth/create-revoke-consent-magic-link", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := own.Client(ctx).Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var answer struct {
		RedirectTo       string `json:"redirectTo"`
		Error            string `json:"error"`
		ErrorDescription string `json:"errorDescription"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("revoke-consent link: status %s: %w", response.Status, err)
	}
	if answer.RedirectTo == "" {
		return "", errors.New("revoke-consent link: " + answer.Error + ": " + answer.ErrorDescription)
	}
	return answer.RedirectTo, nil
}

// removed is where the provider's page leads back to: with error=access_denied if the user kept the product.
func (a *app) removed(w http.ResponseWriter, r *http.Request) {
	kept := r.FormValue("error") != ""
	if !kept {
		a.forget(w, r)
	}
	render(w, http.StatusOK, "removed", removedPage{Kept: kept, State: r.FormValue("state")})
}
