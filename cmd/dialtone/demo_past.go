package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/directory"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/server"
)

const pastDays = 30

// past is a month of the example app before the demo was started: made up, the same for everybody, and quiet at night.
func (d demo) past(now time.Time) server.Past {
	p := server.Past{Members: []server.PastMember{
		{Email: "grace@example.com", Name: "Grace (made up)", Role: dialtone.RoleDeveloper},
		{Email: "alan@example.com", Name: "Alan (made up)", Role: dialtone.RoleViewer},
	}}
	p.Staff = []server.PastStaff{
		{OperatorID: "fjord", Email: "product@fjord.example", Name: "Petra (made up)", Role: dialtone.StaffProduct},
		{OperatorID: "fjord", Email: "care@fjord.example", Name: "Carl (made up)", Role: dialtone.StaffCare},
		{OperatorID: "fjord", Email: "auditor@fjord.example", Name: "Aud (made up)", Role: dialtone.StaffAuditor},
	}
	day := func(back int) time.Time { return now.UTC().AddDate(0, 0, -back).Truncate(time.Microsecond) }
	p.Listings = []dialtone.Listing{
		{ProductID: "product_weather", OperatorID: "fjord", State: dialtone.ListingOffered, Updated: day(1)},
		{ProductID: "product_parcel", OperatorID: "fjord", State: dialtone.ListingOffered, Updated: day(12)},
		{ProductID: "product_parcel", OperatorID: "fjord", State: dialtone.ListingDeclined, Decided: true, Updated: day(11),
			Reason: "People must be able to leave the text messages out."},
	}
	for hour := now.UTC().AddDate(0, 0, -pastDays).Truncate(24 * time.Hour); hour.Add(time.Hour).Before(now); hour = hour.Add(time.Hour) {
		for operatorID, share := range map[string]float64{"fjord": 7, directory.SandboxOperatorID: 1.5} {
			p.Tallies = append(p.Tallies, pastHour(hour, now, operatorID, share)...)
		}
	}
	for i, f := range []dialtone.FailedRequest{
		{Endpoint: "authorize", Code: "invalid_request",
			Description: "redirect_uri is not registered for this client; it must equal a registered one byte for byte",
			Detail:      `redirect_uri goes on after the end of the registered one at character 34: "/"`},
		{Endpoint: "token", Code: "invalid_client", Description: "the client is unknown or its secret is wrong"},
		{Endpoint: "token", Code: "invalid_grant", Description: "the code has expired; begin again at the authorization endpoint"},
		{Endpoint: "token", Code: "invalid_grant", Description: "code_verifier does not match the code_challenge"},
		{Endpoint: "authorize", Code: "invalid_scope", Description: `the scope "sms.text:send" is unknown or not enabled for the product`},
	} {
		f.ID, f.ProductID, f.ClientID = secret.ID("er"), productID, clientID
		f.At = now.Add(-time.Duration(5+29*i) * time.Hour)
		p.Requests = append(p.Requests, f)
	}
	return p
}

// pastHour is what was counted in an hour at an operator: more by day than by night, less at weekends, more every week.
func pastHour(hour, now time.Time, operatorID string, share float64) []dialtone.Tally {
	day := 0.5 - 0.5*math.Cos(2*math.Pi*float64(hour.Hour()-4)/24)
	weekend := 1.0
	if w := hour.Weekday(); w == time.Saturday || w == time.Sunday {
		weekend = 0.55
	}
	age := now.Sub(hour).Hours() / 24
	started := share * day * weekend * (1.6 - age/pastDays)
	var counted []dialtone.Tally
	for kind, part := range map[dialtone.TallyKind]float64{
		dialtone.TallySignInStarted: 1, dialtone.TallySignInCompleted: 0.84, dialtone.TallySignInDenied: 0.05, dialtone.TallySignInFailed: 0.03,
		dialtone.TallySignInRefused: 0.02, dialtone.TallyConsentGranted: 0.38, dialtone.TallyConsentRevoked: 0.02,
		dialtone.TallyTokenIssued: 0.83, dialtone.TallyTokenRefreshed: 3.1, dialtone.TallyTokenError + "invalid_grant": 0.04,
		dialtone.TallyTokenError + "invalid_client": 0.01,
	} {
		if n := int64(started*part + chance(hour, operatorID, kind)); n > 0 {
			counted = append(counted, dialtone.Tally{ProductID: productID, ClientID: clientID, OperatorID: operatorID, Hour: hour, Kind: kind, Count: n})
		}
	}
	return counted
}

// chance is a number from 0 to 1 that is always the same for the same things: it rounds an expected count up or down.
func chance(hour time.Time, operatorID string, kind dialtone.TallyKind) float64 {
	sum := fnv.New64a()
	fmt.Fprintln(sum, hour.Unix()/3600%(24*7*13), operatorID, kind)
	return float64(sum.Sum64()>>11) / (1 << 53)
}
