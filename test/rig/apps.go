package rig

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Apply registers so many apps, each of a product of its own, so that every test number is a new subscriber of each. Every
// second one has no grace for refresh tokens that were replaced: what is spent is spent.
func (p Program) Apply(ctx context.Context, database string, count int) ([]App, error) {
	const secret = "guards-nothing-but-a-test"
	sum := sha256.Sum256([]byte(secret))
	var apps []App
	var products, clients strings.Builder
	for i := range count {
		app := App{ID: fmt.Sprint("app-", i), Secret: secret, Redirect: "http://127.0.0.1:9/callback", Scope: "openid phone offline_access", Strict: i%2 == 1}
		grace := ""
		if app.Strict {
			grace = "\n    refresh_grace_seconds: 0"
		}
		fmt.Fprintf(&products, "  - {id: product-%d, organization: org, name: Product %d, scopes: [{name: openid}, {name: phone}, {name: offline_access}],\n"+
			"     listing: [{operator: sandbox, state: enabled}]}\n", i, i)
		fmt.Fprintf(&clients, "  - id: %s\n    product: product-%d\n    description: App %d\n    redirect_uris: [%q]\n    secret_sha256: %s%s\n",
			app.ID, i, i, app.Redirect, hex.EncodeToString(sum[:]), grace)
		apps = append(apps, app)
	}
	file := filepath.Join(filepath.Dir(p.path), "apps.yaml")
	text := "organizations: [{id: org, name: Organization}]\nproducts:\n" + products.String() + "clients:\n" + clients.String()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, err
	}
	_, err := p.Run(ctx, "apply", file, "--database", database, "--root-key-file", p.Key)
	return apps, err
}
