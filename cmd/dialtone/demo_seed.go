package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/dialtone-id/dialtone/examples/rp"
	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
)

const (
	fjordID   = "fjord"
	productID = "product_demo"
	clientID  = "client_demo"
	smsScope  = "sms.text:send_to_subscriber"
	demoOwner = "developer@example.com" // of the example app; any other address begins with nothing
)

// fjordNumbers are reserved for fiction by the French regulator: +33 6 39 98 00 00 to 09.
func fjordNumbers() []string {
	var numbers []string
	for i := range 10 {
		numbers = append(numbers, fmt.Sprintf("+3363998%04d", i))
	}
	return numbers
}

// seed is the demo's catalogue, in the words of a file for `dialtone apply`.
func (d demo) seed() apply.Document {
	sum := sha256.Sum256([]byte(d.clientSecret.Reveal()))
	document := apply.Document{
		Operators: []apply.OperatorEntry{{
			ID: fjordID, Name: "Fjord Mobile", Colour: "#0b4f8a", Support: "https://fjord.example/help", Language: "fr",
			Ranges: []string{"+3363998"}, Approval: string(dialtone.ApprovalAutomatic),
			SMS: apply.SMSEntry{Route: "inbox", Sender: "Fjord"},
		}},
		Scopes: []apply.ScopeEntry{{
			Name: smsScope, Category: "Messaging",
			Developer: "Send text messages to the subscriber.",
			Subscriber: map[string]string{
				"en": "Send you text messages",
				"sv": "Skicka sms till dig",
				"nb": "Sende deg SMS",
				"de": "Ihnen SMS schicken",
				"fr": "Vous envoyer des SMS",
				"es": "Enviarte SMS",
				"ar": "إرسال رسائل نصية إليك",
			},
		}},
		Organizations: []apply.OrganizationEntry{{ID: "org_demo", Name: "Example Apps", Owners: []string{demoOwner}}},
		Products: []apply.ProductEntry{{
			ID: productID, Organization: "org_demo", Name: "Example app", Subtitle: "Sign in without a password",
			Description: "A small app that knows you by your phone number.", Price: "Free", Support: "https://example.com/help",
			Scopes: []apply.ProductScopeEntry{
				{Name: dialtone.ScopeOpenID}, {Name: dialtone.ScopePhone}, {Name: dialtone.ScopeOfflineAccess},
				{Name: smsScope, Optional: true},
			},
			Listing: []apply.ListingEntry{
				{Operator: directory.SandboxOperatorID, State: string(dialtone.ListingEnabled)},
				{Operator: fjordID, State: string(dialtone.ListingEnabled)},
			},
		}},
		Clients: []apply.ClientEntry{{
			ID: clientID, Product: productID, Description: "The example app of the demo",
			RedirectURIs:           []string{d.url(3) + rp.CallbackPath},
			PostRevokeRedirectURIs: []string{d.url(3) + rp.RemovedPath},
			PostLogoutRedirectURIs: []string{d.url(3) + rp.HomePath},
			SecretSHA256:           hex.EncodeToString(sum[:]),
		}},
	}
	for _, number := range fjordNumbers() {
		document.Subscriptions = append(document.Subscriptions, apply.SubscriptionEntry{Operator: fjordID, PhoneNumber: number})
	}
	return document
}
