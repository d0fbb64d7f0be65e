package main

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"text/template"

	"github.com/dialtone-id/dialtone/examples/rp"
	"github.com/dialtone-id/dialtone/internal/apply"
)

const (
	clientID       = "client_demo"
	productID      = "product_demo"
	organizationID = "org_demo"
	smsScope       = "sms.text:send_to_subscriber"
	demoOwner      = "developer@example.com" // of the example app; any other address begins with nothing
	demoAdmin      = "admin@fjord.example"   // of Fjord Mobile's staff
)

// fjordNumbers are reserved for fiction by the French regulator: +33 6 39 98 00 00 to 09.
func fjordNumbers() []string {
	var numbers []string
	for i := range 10 {
		numbers = append(numbers, fmt.Sprintf("+3363998%04d", i))
	}
	return numbers
}

//go:embed demo_seed.yaml
var demoDocument string

// seed is the demo's catalogue.
func (d demo) seed() (apply.Document, error) {
	parsed, err := template.New("seed").Parse(demoDocument)
	if err != nil {
		return apply.Document{}, err
	}
	sum := sha256.Sum256([]byte(d.clientSecret.Reveal()))
	var text bytes.Buffer
	err = parsed.Execute(&text, map[string]any{
		"Owner": demoOwner, "Admin": demoAdmin, "Numbers": fjordNumbers(),
		"Callback": d.url(3) + rp.CallbackPath, "Removed": d.url(3) + rp.RemovedPath, "Home": d.url(3) + rp.HomePath,
		// In quotes: a hash may consist of digits alone.
		"SecretSHA256": fmt.Sprintf("%q", hex.EncodeToString(sum[:])),
	})
	if err != nil {
		return apply.Document{}, err
	}
	return apply.Parse("the demo's catalogue", &text)
}
