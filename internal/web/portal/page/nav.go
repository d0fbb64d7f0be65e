package page

import "github.com/dialtone-id/dialtone/internal/dialtone"

// ProductTabs are the views of a product (docs/promises.md, The portal). Current is the last part of the address: "" for GENERAL.
func ProductTabs(productID, current string) []Tab {
	return tabs("/products/"+productID, current, [][2]string{
		{"GENERAL", ""}, {"LISTING", "listing"}, {"SCOPES", "scopes"}, {"CLIENTS", "clients"}, {"SUBMIT", "submit"},
		{"ANALYTICS", "analytics"}, {"REQUESTS", "requests"}, {"TRY IT", "try"},
	})
}

// OrganizationTabs are the views of an organization.
func OrganizationTabs(organizationID, current string) []Tab {
	return tabs("/organizations/"+organizationID, current, [][2]string{
		{"Products", ""}, {"Members", "members"}, {"API keys", "keys"}, {"Activity", "activity"}, {"Settings", "settings"},
	})
}

func tabs(base, current string, views [][2]string) []Tab {
	list := make([]Tab, len(views))
	for i, view := range views {
		address := base
		if view[1] != "" {
			address += "/" + view[1]
		}
		list[i] = Tab{Link: Link{Words: view[0], Address: address}, Current: view[1] == current}
	}
	return list
}

// ProductCrumbs is the way to the page of a product of the organization.
func ProductCrumbs(o dialtone.Organization) []Link {
	return []Link{{o.Name, "/organizations/" + o.ID}}
}

// Field is one field of a form, rendered by {{template "field" .}}.
type Field struct {
	Name, Label  string
	Hint         string // how to fill it in
	Value        string
	Problem      string // what is wrong with the value; empty: nothing
	Type         string // text (default), email, url, tel, password
	Lines        int    // more than 1: a textarea
	Autocomplete string
	Most         int // longest value, in characters; 0: as it comes
	Optional     bool
	ReadOnly     bool
	Focus        bool   // the page opens with the caret here
	ID           string // of the input, where two forms of a page have a field of that name; empty: the name
	Check        string // address that says as JSON {"problem":""} what is wrong with ?value=; asked while the person types
}

// Wrong are the ways to the fields that have a problem, for the top of the page.
func Wrong(fields ...Field) []Link {
	var wrong []Link
	for _, f := range fields {
		if f.Problem != "" {
			wrong = append(wrong, Link{Words: f.Label, Address: "#" + f.InputID()})
		}
	}
	return wrong
}

// InputID is the id of the input in the page.
func (f Field) InputID() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}
