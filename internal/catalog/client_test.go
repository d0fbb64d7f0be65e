package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// opens reports whether a text is one of the client's live secrets at a time.
func (s *stage) opens(t *testing.T, text secret.Text, at time.Time) bool {
	t.Helper()
	return s.AuthenticateSecret(get(s.Registration(t.Context(), s.client.ID))(t), text.Reveal(), at)
}

func TestAClientIsCreatedWithASecretThatIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.client
	if c.AuthMethod != dialtone.AuthBasic || c.IDTokenAlgorithm != "RS256" || len(c.Secrets) != 1 || c.Secrets[0].Name != "first" {
		t.Errorf("got %+v", c)
	}
	if !strings.HasPrefix(s.secret.Reveal(), "dt_cs_") || !s.opens(t, s.secret, now) || c.Secrets[0].Hash != secret.Hash(s.secret.Reveal()) {
		t.Error("the secret does not open the client, or is not kept as a hash")
	}
	public, text, err := s.CreateClient(t.Context(), s.developer, s.product.ID, catalog.ClientEdit{
		Type: dialtone.ClientPublic, ClientSettings: dialtone.ClientSettings{
			Description: "app", RedirectURIs: []string{"", " com.example.app:/callback "}, IDTokenAlgorithm: "EdDSA",
		},
	}, now)
	if err != nil || text != "" || public.AuthMethod != dialtone.AuthNone || len(public.Secrets) != 0 || public.RedirectURIs[0] != "com.example.app:/callback" {
		t.Errorf("got %+v, %v", public, err)
	}
	if list := get(s.Clients(t.Context(), s.viewer, s.product.ID))(t); len(list) != 2 {
		t.Errorf("%d clients", len(list))
	}
	read, p, role, err := s.Client(t.Context(), s.viewer, c.ID)
	if err != nil || fmt.Sprint(read) != fmt.Sprint(c) || p.ID != s.product.ID || role != dialtone.RoleViewer {
		t.Errorf("got %+v of %s as %s, %v", read, p.ID, role, err)
	}
	for _, line := range s.log(t) {
		if strings.Contains(line.Detail, s.secret.Reveal()) || strings.Contains(line.Detail, c.Secrets[0].Hash) {
			t.Errorf("the log holds a secret: %+v", line)
		}
	}
	s.logged(t, s.developer, "client.create")
}

func TestEachFieldOfAClientIsChecked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	var many []string
	for i := range 21 {
		many = append(many, fmt.Sprint("https://example.com/", i))
	}
	for name, c := range map[string]struct {
		field  string
		change func(*catalog.ClientEdit)
	}{
		"no description":             {"description", func(e *catalog.ClientEdit) { e.Description = " " }},
		"a long description":         {"description", func(e *catalog.ClientEdit) { e.Description = strings.Repeat("ä", 121) }},
		"no type":                    {"type", func(e *catalog.ClientEdit) { e.Type = "" }},
		"an unknown type":            {"type", func(e *catalog.ClientEdit) { e.Type = "secret" }},
		"none for a server":          {"auth_method", func(e *catalog.ClientEdit) { e.AuthMethod = dialtone.AuthNone }},
		"a secret for an app":        {"auth_method", func(e *catalog.ClientEdit) { e.Type, e.AuthMethod = dialtone.ClientPublic, dialtone.AuthPost }},
		"an unknown algorithm":       {"id_token_algorithm", func(e *catalog.ClientEdit) { e.IDTokenAlgorithm = "none" }},
		"no redirect URI":            {"redirect_uris.0", func(e *catalog.ClientEdit) { e.RedirectURIs = []string{" ", ""} }},
		"too many redirect URIs":     {"redirect_uris.20", func(e *catalog.ClientEdit) { e.RedirectURIs = many }},
		"one twice":                  {"redirect_uris.2", func(e *catalog.ClientEdit) { e.RedirectURIs = []string{many[0], "", many[0]} }},
		"a bad post revoke URI":      {"post_revoke_redirect_uris.1", func(e *catalog.ClientEdit) { e.PostRevokeRedirectURIs = []string{many[0], "http://example.com/"} }},
		"a bad post logout URI":      {"post_logout_redirect_uris.0", func(e *catalog.ClientEdit) { e.PostLogoutRedirectURIs = []string{"https://*.example.com/"} }},
		"a long name of the secret":  {"secret_name", func(e *catalog.ClientEdit) { e.SecretName = strings.Repeat("ä", 61) }},
		"a secret that has expired":  {"secret_expires", func(e *catalog.ClientEdit) { e.SecretExpires = now }},
		"a secret for three years":   {"secret_expires", func(e *catalog.ClientEdit) { e.SecretExpires = now.AddDate(3, 0, 0) }},
		"a description turned about": {"description", func(e *catalog.ClientEdit) { e.Description = "a\u202eb" }},
	} {
		edit := webServer()
		c.change(&edit)
		_, text, err := s.CreateClient(t.Context(), s.developer, s.product.ID, edit, now)
		var list dialtone.FieldErrors
		if !errors.As(err, &list) || len(list) != 1 || list.Of(c.field) == "" || text != "" {
			t.Errorf("%s: got %v, want one problem, at %s", name, err, c.field)
		}
	}
	if list := get(s.Clients(t.Context(), s.viewer, s.product.ID))(t); len(list) != 1 {
		t.Errorf("%d clients: something was saved", len(list))
	}
}

func TestARefusedRedirectURIIsExplained(t *testing.T) {
	t.Parallel()
	for uri, says := range map[string]string{
		"":                                           "empty",
		"https://example.com/#x":                     "take away the #",
		"https://*.example.com/":                     "each address in full",
		"https://a:b@example.com/":                   "credentials",
		"http://example.com/":                        "use https",
		"http://127.0.0.1.example.com/":              "use https",
		"javascript:alert(1)":                        "must have a dot",
		"myapp:/callback":                            "must have a dot",
		"/callback":                                  "not absolute",
		"example.com/callback":                       "not absolute",
		"https:///callback":                          "no host",
		"https://example.com/a b":                    "a space",
		"https://example.com/å":                      "non-ASCII",
		`https://example.com\@evil.com/`:             "backslash",
		"https://example.com/%zz":                    "not a URI",
		"https://e.com/" + strings.Repeat("x", 2048): "longer than 2048",
	} {
		problem := catalog.RedirectURIProblem(uri)
		if !strings.Contains(problem, says) || !strings.HasPrefix(problem, "I") && !strings.HasPrefix(problem, "A") && !strings.HasPrefix(problem, "P") || !strings.HasSuffix(problem, ".") {
			t.Errorf("%q: %q does not say %q in a sentence", uri, problem, says)
		}
	}
	for _, uri := range []string{"https://example.com/callback?a=b", "http://localhost:8080/", "http://[::1]/", "com.example.app:/callback"} {
		if problem := catalog.RedirectURIProblem(uri); problem != "" {
			t.Errorf("%q: %q", uri, problem)
		}
	}
}

func TestAClientIsChangedAndTheSecondEditorIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	edit := webServer()
	edit.Type, edit.AuthMethod = "", dialtone.AuthPost
	edit.RedirectURIs = append(edit.RedirectURIs, "https://example.com/other")
	first := get(s.SaveClient(ctx, s.owner, s.client.ID, edit, s.client.Updated, now))(t)
	if line := s.logged(t, s.owner, "client.update"); line.Detail != "changed: authentication method, login redirect URIs" {
		t.Errorf("the log says %q", line.Detail)
	}
	if r := get(s.Registration(ctx, s.client.ID))(t); !slices.Equal(r.Client.RedirectURIs, edit.RedirectURIs) || len(r.Client.Secrets) != 1 {
		t.Errorf("requests are checked against %+v", r.Client)
	}
	_, err := s.SaveClient(ctx, s.developer, s.client.ID, webServer(), s.client.Updated, now)
	var conflict *dialtone.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("got %v, want *ConflictError", err)
	}
	if current, ok := conflict.Current.(dialtone.Client); !ok || !slices.Equal(current.RedirectURIs, edit.RedirectURIs) {
		t.Errorf("the error shows %+v", conflict.Current)
	}
	edit.Type = dialtone.ClientPublic
	_, err = s.SaveClient(ctx, s.developer, s.client.ID, edit, first.Updated, now)
	wrong(t, err, "type")
	edit.Type = dialtone.ClientConfidential
	if again := get(s.SaveClient(ctx, s.developer, s.client.ID, edit, first.Updated, now.Add(time.Hour)))(t); !again.Updated.Equal(first.Updated) {
		t.Error("saving the same again is a change")
	}
}

func TestClientsOfOthersAreNotFoundAndViewersChangeNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	foreign, _, err := s.CreateClient(ctx, s.stranger, s.foreign.ID, webServer(), now)
	must(t, err)
	for name, c := range map[string]struct {
		actor  dialtone.Actor
		client dialtone.Client
		want   error
	}{
		"a stranger":           {s.stranger, s.client, dialtone.ErrNotFound},
		"another one's client": {s.owner, foreign, dialtone.ErrNotFound},
		"no client":            {s.owner, dialtone.Client{ID: "client_none", Secrets: foreign.Secrets}, dialtone.ErrNotFound},
		"a viewer":             {s.viewer, s.client, dialtone.ErrForbidden},
		"a key for products":   {s.key(t, catalog.WriteProducts, catalog.ReadClients), s.client, dialtone.ErrForbidden},
	} {
		_, err := s.SaveClient(ctx, c.actor, c.client.ID, webServer(), c.client.Updated, now)
		fails(t, name+" saves", err, c.want)
		_, _, err = s.IssueSecret(ctx, c.actor, c.client.ID, "mine", time.Time{}, now)
		fails(t, name+" issues a secret", err, c.want)
		_, _, err = s.RotateSecret(ctx, c.actor, c.client.ID, c.client.Secrets[0].ID, time.Hour, now)
		fails(t, name+" rotates", err, c.want)
		fails(t, name+" revokes", s.RevokeSecret(ctx, c.actor, c.client.ID, c.client.Secrets[0].ID, now), c.want)
		fails(t, name+" deletes", s.DeleteClient(ctx, c.actor, c.client.ID, now), c.want)
	}
	_, _, _, err = s.Client(ctx, s.owner, foreign.ID)
	fails(t, "read another one's", err, dialtone.ErrNotFound)
	_, err = s.Clients(ctx, s.owner, s.foreign.ID)
	fails(t, "read another product's", err, dialtone.ErrNotFound)
	_, _, err = s.CreateClient(ctx, s.viewer, s.product.ID, webServer(), now)
	fails(t, "a viewer creates", err, dialtone.ErrForbidden)
	_, _, err = s.CreateClient(ctx, s.owner, s.foreign.ID, webServer(), now)
	fails(t, "in another one's product", err, dialtone.ErrNotFound)
	// A secret of another client cannot be reached through one's own.
	fails(t, "another client's secret", s.RevokeSecret(ctx, s.owner, s.client.ID, foreign.Secrets[0].ID, now), dialtone.ErrNotFound)
	_, _, err = s.RotateSecret(ctx, s.owner, s.client.ID, foreign.Secrets[0].ID, 0, now)
	fails(t, "rotate another client's secret", err, dialtone.ErrNotFound)
}

func TestADeletedClientIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	get(s.Registration(t.Context(), s.client.ID))(t)
	must(t, s.DeleteClient(t.Context(), s.developer, s.client.ID, now))
	_, err := s.Registration(t.Context(), s.client.ID)
	fails(t, "its registration", err, dialtone.ErrNotFound)
	fails(t, "a second time", s.DeleteClient(t.Context(), s.developer, s.client.ID, now), dialtone.ErrNotFound)
	if line := s.logged(t, s.developer, "client.delete"); line.Detail != "web server" {
		t.Errorf("the log says %+v", line)
	}
}

func TestSecretsAreIssuedRotatedAndRevoked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	second, text, err := s.IssueSecret(ctx, s.developer, s.client.ID, " server 2 ", now.Add(time.Hour), now)
	must(t, err)
	if second.Name != "server 2" || !s.opens(t, text, now) || !s.opens(t, s.secret, now) || s.opens(t, text, now.Add(time.Hour)) {
		t.Error("want both secrets live, the second for an hour")
	}
	third, newText, err := s.RotateSecret(ctx, s.developer, s.client.ID, s.client.Secrets[0].ID, 24*time.Hour, now)
	must(t, err)
	day := now.Add(24 * time.Hour)
	if third.Name != "first, rotated "+now.Format("2 Jan 2006") || !third.Expires.IsZero() || !s.opens(t, s.secret, now) || s.opens(t, s.secret, day.Add(time.Second)) || !s.opens(t, newText, day) {
		t.Error("want the old secret for a day and the new one for ever")
	}
	// An overlap does not make a secret live longer, and the new one lives as long as the old one did.
	fourth, _, err := s.RotateSecret(ctx, s.developer, s.client.ID, second.ID, 24*time.Hour, now.Add(time.Minute))
	must(t, err)
	if s.opens(t, text, now.Add(time.Hour)) || fourth.Expires.Sub(fourth.Created) != time.Hour {
		t.Errorf("the new one: %+v", fourth)
	}
	_, last, err := s.RotateSecret(ctx, s.developer, s.client.ID, third.ID, 0, now)
	must(t, err)
	if s.opens(t, newText, now.Add(time.Second)) || !s.opens(t, last, now) {
		t.Error("without overlap the old secret still opens")
	}
	must(t, s.RevokeSecret(ctx, s.developer, s.client.ID, s.client.Secrets[0].ID, now))
	if s.opens(t, s.secret, now) {
		t.Error("a revoked secret still opens")
	}
	fails(t, "revoke it again", s.RevokeSecret(ctx, s.developer, s.client.ID, s.client.Secrets[0].ID, now), dialtone.ErrNotFound)
	for _, action := range []string{"client.secret.create", "client.secret.rotate", "client.secret.revoke"} {
		s.logged(t, s.developer, action)
	}
}

func TestSecretsOfARotationAreToldApart(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	at := now
	rotate := func(old dialtone.ClientSecret) dialtone.ClientSecret {
		t.Helper()
		at = at.Add(time.Minute)
		made, _, err := s.RotateSecret(t.Context(), s.developer, s.client.ID, old.ID, time.Hour, at)
		must(t, err)
		return made
	}
	day := now.Format("2 Jan 2006")
	first := s.client.Secrets[0]
	second := rotate(first)
	third := rotate(second)
	long, _, err := s.IssueSecret(t.Context(), s.developer, s.client.ID, strings.Repeat("ä", 60), at.Add(time.Hour), at)
	must(t, err)
	fourth := rotate(long)
	own, _, err := s.IssueSecret(t.Context(), s.developer, s.client.ID, "first server", at.Add(time.Hour), at)
	must(t, err)
	if want := "first, rotated " + day; second.Name != want || third.Name != want+" (2)" {
		t.Errorf("the successors of %q are called %q and %q", first.Name, second.Name, third.Name)
	}
	if n := utf8.RuneCountInString(fourth.Name); n > 60 || !strings.HasSuffix(fourth.Name, "ä, rotated "+day) {
		t.Errorf("the successor of a long name is called %q, %d characters", fourth.Name, n)
	}
	client, _, _, err := s.Client(t.Context(), s.developer, s.client.ID)
	must(t, err)
	replaced := map[string]bool{first.ID: true, second.ID: true, third.ID: false, long.ID: true, fourth.ID: false, own.ID: false}
	for _, kept := range client.Secrets {
		if got := catalog.Replaced(client, kept); got != replaced[kept.ID] {
			t.Errorf("%s: replaced %t", kept.Name, got)
		}
	}
}

func TestSecretsAreChecked(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ctx := t.Context()
	for _, name := range []string{"", strings.Repeat("ä", 61), "a\u202eb"} {
		_, _, err := s.IssueSecret(ctx, s.developer, s.client.ID, name, time.Time{}, now)
		wrong(t, err, "name")
	}
	for _, expires := range []time.Time{now, now.Add(-time.Hour), now.AddDate(2, 1, 0)} {
		_, _, err := s.IssueSecret(ctx, s.developer, s.client.ID, "x", expires, now)
		wrong(t, err, "expires")
	}
	for _, overlap := range []time.Duration{-1, catalog.LongestOverlap + 1} {
		_, _, err := s.RotateSecret(ctx, s.developer, s.client.ID, s.client.Secrets[0].ID, overlap, now)
		wrong(t, err, "overlap")
	}
	public, _, err := s.CreateClient(ctx, s.developer, s.product.ID,
		catalog.ClientEdit{
			Type: dialtone.ClientPublic, ClientSettings: dialtone.ClientSettings{
				Description: "app", RedirectURIs: []string{"com.example.app:/callback"},
			},
		}, now)
	must(t, err)
	_, _, err = s.IssueSecret(ctx, s.developer, public.ID, "x", time.Time{}, now)
	wrong(t, err, "name")
	for range 9 {
		if _, _, err := s.IssueSecret(ctx, s.developer, s.client.ID, "x", now.AddDate(2, 0, 0), now); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err = s.IssueSecret(ctx, s.developer, s.client.ID, "the eleventh", time.Time{}, now)
	wrong(t, err, "name")
	_, _, err = s.RotateSecret(ctx, s.developer, s.client.ID, s.client.Secrets[0].ID, time.Hour, now)
	wrong(t, err, "name")
}
