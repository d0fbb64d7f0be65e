package product_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// request is something that a person may try.
type request struct {
	address string
	form    url.Values // nil: a GET
}

// pages are all pages that everybody in the organization may read.
func (s *stage) pages(clientID string) []string {
	base := "/products/" + s.product.ID
	return []string{base, base + "/scopes", base + "/listing", base + "/submit", base + "/clients", "/clients/" + clientID}
}

// changes are all requests that change something, or show a form that only does.
func (s *stage) changes(clientID, secretID string) []request {
	base, client := "/products/"+s.product.ID, "/clients/"+clientID
	once := desk.NewFormToken(s.now)
	seen := "1"
	return []request{
		{"/organizations/" + s.organization.ID + "/products/new", nil},
		{"/organizations/" + s.organization.ID + "/products/new", url.Values{"name": {"x"}}},
		{base, url.Values{"name": {"x"}, "seen": {seen}}},
		{base + "/icon", url.Values{}},
		{base + "/scopes", url.Values{"seen": {seen}}},
		{base + "/listing", url.Values{"operator": {"sandbox"}}},
		{base + "/submit", url.Values{"operator": {"sandbox"}}},
		{base + "/clients/new", nil},
		{base + "/clients/new", url.Values{"description": {"x"}, "redirect_uris": {"https://example.com/"}, "once": {once}}},
		{client, url.Values{"description": {"x"}, "redirect_uris": {"https://example.com/"}, "seen": {seen}}},
		{client + "/delete", nil},
		{client + "/delete", url.Values{}},
		{client + "/secrets", url.Values{"name": {"x"}, "once": {once}}},
		{client + "/secrets/" + secretID + "/rotate", url.Values{"overlap": {"1h"}, "once": {once}}},
		{client + "/secrets/" + secretID + "/revoke", nil},
		{client + "/secrets/" + secretID + "/revoke", url.Values{}},
	}
}

func (s *stage) try(who person, r request) answer {
	s.t.Helper()
	if r.form == nil {
		return s.get(who, r.address)
	}
	return s.post(who, r.address, r.form)
}

// searches reports whether the node stands in a form that searches: looking is no change.
func searches(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if n.Data == "form" && attr(n, "role") == "search" {
			return true
		}
	}
	return false
}

func TestAViewerSeesEverythingAndChangesNothing(t *testing.T) {
	s := newStage(t)
	client, _ := s.newClient()
	for _, address := range s.pages(client.ID) {
		a := s.see(s.get(s.viewer, address), http.StatusOK)
		for n := range a.document.elements("button") {
			if attr(n, "data-copy") == "" && !searches(n) && !strings.Contains(text(n), "Sign out") {
				t.Errorf("%s offers a viewer the button %q", address, text(n))
			}
		}
		for n := range a.document.elements("input") {
			if kind := attr(n, "type"); kind != "hidden" && !searches(n) && !has(n, "readonly") && !has(n, "disabled") {
				t.Errorf("%s lets a viewer fill in %s", address, attr(n, "name"))
			}
		}
		for n := range a.document.elements("a") {
			if to := attr(n, "href"); strings.HasSuffix(to, "/new") || strings.HasSuffix(to, "/delete") || strings.HasSuffix(to, "/revoke") {
				t.Errorf("%s leads a viewer to %s", address, to)
			}
		}
	}
	before := s.state(client.ID)
	for _, r := range s.changes(client.ID, client.Secrets[0].ID) {
		s.see(s.try(s.viewer, r), http.StatusForbidden)
	}
	if after := s.state(client.ID); after != before {
		t.Errorf("a viewer changed something: %s, before %s", after, before)
	}
}

func TestForeignIDsAreNotFound(t *testing.T) {
	s := newStage(t)
	client, _ := s.newClient()
	before := s.state(client.ID)
	for _, address := range s.pages(client.ID) {
		s.see(s.get(s.stranger, address), http.StatusNotFound)
	}
	for _, r := range s.changes(client.ID, client.Secrets[0].ID) {
		s.see(s.try(s.stranger, r), http.StatusNotFound)
	}
	if after := s.state(client.ID); after != before {
		t.Errorf("a stranger changed something: %s, before %s", after, before)
	}
}

func TestNobodyIsSentToSignIn(t *testing.T) {
	s := newStage(t)
	client, _ := s.newClient()
	for _, r := range s.changes(client.ID, client.Secrets[0].ID) {
		a := s.try(person{}, r)
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/signin?to=") {
			t.Errorf("%s: %d to %s, want the sign-in", r.address, a.status, a.header.Get("Location"))
		}
	}
}

// state is what the requests of changes would change.
func (s *stage) state(clientID string) string {
	s.t.Helper()
	p, _, err := s.Product(s.t.Context(), s.owner.actor, s.product.ID)
	must(s.t, err)
	c, _, _, err := s.Client(s.t.Context(), s.owner.actor, clientID)
	must(s.t, err)
	all, err := s.Clients(s.t.Context(), s.owner.actor, s.product.ID)
	must(s.t, err)
	listings, err := s.db.Listings(s.t.Context(), s.product.ID)
	must(s.t, err)
	return strings.Join([]string{
		p.Updated.Format(time.RFC3339Nano), c.Updated.Format(time.RFC3339Nano), strings.Repeat("c", len(all)), strings.Repeat("s", len(c.Secrets)),
		strings.Repeat("l", len(listings)),
	}, " ")
}
