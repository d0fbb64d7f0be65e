package page

import (
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// ProductTabs are the views of a product (docs/promises.md, The portal). Current is the last part of the address: "" for General.
func ProductTabs(productID, current string) []desk.Tab {
	return desk.Tabs("/products/"+productID, current, [][2]string{
		{"General", ""}, {"Listing", "listing"}, {"Scopes", "scopes"}, {"Clients", "clients"}, {"Submit", "submit"},
		{"Analytics", "analytics"}, {"Requests", "requests"}, {"Try it", "try"},
	})
}

// OrganizationTabs are the views of an organization.
func OrganizationTabs(organizationID, current string) []desk.Tab {
	return desk.Tabs("/organizations/"+organizationID, current, [][2]string{
		{"Products", ""}, {"Members", "members"}, {"API keys", "keys"}, {"Activity", "activity"}, {"Settings", "settings"},
	})
}

// ProductCrumbs is the way to the page of a product of the organization.
func ProductCrumbs(o dialtone.Organization) []desk.Link {
	return []desk.Link{{Words: o.Name, Address: "/organizations/" + o.ID}}
}
