package product

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/desk"
	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// Names of the tabs, as page.ProductTabs wants them.
const (
	tabGeneral = ""
	tabListing = "listing"
	tabScopes  = "scopes"
	tabClients = "clients"
	tabSubmit  = "submit"
)

// view is the product of a request, and what the person may do with it.
type view struct {
	Product    dialtone.Product
	owner      dialtone.Organization // whose it is
	MayWrite   bool                  // change the product
	MayClients bool                  // change its clients
	seen       time.Time             // of a posted form: when what it shows was last changed
}

// open finds the product that the address names. ErrNotFound also where the person is no member.
func (m *Room) open(r *http.Request, v desk.Visit) (view, error) {
	product, role, err := m.Catalog.Product(r.Context(), v.Actor, r.PathValue("product"))
	if err != nil {
		return view{}, err
	}
	return m.viewOf(r, v, product, role)
}

// openToSave reads the form that changes the product, and finds the product. When it returns false, the request is answered.
func (m *Room) openToSave(w http.ResponseWriter, r *http.Request, v desk.Visit) (view, bool) {
	if !m.Desk.Form(w, r, v) {
		return view{}, false
	}
	o, err := m.open(r, v)
	if err == nil {
		o.seen, err = seen(r)
	}
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return view{}, false
	}
	return o, true
}

func (m *Room) viewOf(r *http.Request, v desk.Visit, product dialtone.Product, role dialtone.Role) (view, error) {
	membership, err := m.Catalog.Organization(r.Context(), v.Actor, product.OrganizationID)
	return view{
		Product: product, owner: membership.Organization,
		MayWrite: catalog.RoleMay(role, catalog.WriteProducts), MayClients: catalog.RoleMay(role, catalog.WriteClients),
	}, err
}

// shell is the frame of a tab.
func (o view) shell(tab string) desk.Shell {
	return desk.Shell{
		Title: o.Product.Name, Crumbs: page.ProductCrumbs(o.owner), Tabs: page.ProductTabs(o.Product.ID, tab), Wide: true,
	}
}

// notices are what the pages say after something was done, by the word that the address carries.
var notices = map[string]string{
	"saved":        "Saved.",
	"scopes":       "Saved. Next, offer the product in Listing: the sandbox takes it at once.",
	"icon":         "The icon is saved.",
	"icon_removed": "The icon is removed.",
	"created":      "Product created. Next, create its first client: the credentials with which your app signs people in.",
	"offered":      "The product is offered. The operator's staff decide, and you see here what they decided.",
	"enabled":      "The product is enabled: this operator's subscribers can sign in. See it happen in Try it.",
	"submitted":    "Submitted. You see in Listing what the operators decide.",
	"deleted":      "The client is deleted.",
	"revoked":      "The secret is revoked: it is not accepted any more.",
}

// notice says what was done before this page was loaded; empty if nothing was.
func notice(r *http.Request) string { return notices[r.URL.Query().Get("done")] }

// seen reads which state of the thing the person had before their eyes: microseconds since 1970. ErrInvalid if the form has
// lost it.
func seen(r *http.Request) (time.Time, error) {
	micros, err := strconv.ParseInt(r.PostForm.Get("seen"), 10, 64)
	if err != nil {
		return time.Time{}, dialtone.ErrInvalid
	}
	return time.UnixMicro(micros).UTC(), nil
}

// inWords joins "a", "b" and "c" to "a, b and c".
func inWords(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// initial is the first letter of a name, for a picture that is not there.
func initial(name string) string {
	for _, r := range strings.TrimSpace(name) {
		return strings.ToUpper(string(r))
	}
	return ""
}
