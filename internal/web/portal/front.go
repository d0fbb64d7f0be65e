package portal

import (
	"context"
	"net/http"
	"time"

	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Catalog is what the front page reads.
type Catalog interface {
	Organizations(ctx context.Context, actor dialtone.Actor) ([]dialtone.Membership, error)
	Products(ctx context.Context, actor dialtone.Actor, organizationID string, q catalog.ProductQuery) ([]dialtone.Product, error)
	Clients(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Client, error)
	Listings(ctx context.Context, actor dialtone.Actor, productID string) ([]dialtone.Listing, error)
}

// Reports says what the products on the front page did lately.
type Reports interface {
	Recent(ctx context.Context, actor dialtone.Actor, productID string, now time.Time) (traffic.Recent, error)
}

// Front says what Dialtone is, to whom is not signed in.
type Front struct{ desk.Shell }

// Home shows the person's organizations with their newest products.
type Home struct {
	desk.Shell
	Organizations []home
	Next          next // for who has no working client yet
	MayCreate     bool // another organization
}

// home is an organization on the front page.
type home struct {
	dialtone.Membership
	Address  string
	Products []homeProduct
	More     bool
}

// homeProduct is a product with how it stands.
type homeProduct struct {
	dialtone.Product
	Known            bool // the rest was read
	Enabled, Waiting int  // operators that let it to their subscribers, and that have not decided
	Declined         int  // or suspended
	traffic.Recent
}

// next is the one next step of somebody who is new; without an address there is none.
type next struct {
	Words string
	desk.Link
}

const (
	productsAtHome = 5  // of each organization
	homesRead      = 10 // organizations whose products are read; more are listed by name
	standingsRead  = 10 // products, over all organizations, whose standing is read; the page must stay quick
)

var homeNotices = map[string]string{"left": "You have left the organization."}

// showFront is where everybody begins. Who has no organization yet is asked for its name at once.
func (p *portal) showFront(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	if v.Account.ID == "" {
		p.pages.Render(w, v, http.StatusOK, &Front{desk.Shell{Title: "Sign people in with their phone number", Wide: true}})
		return
	}
	memberships, err := p.Catalog.Organizations(r.Context(), v.Actor)
	if err != nil {
		p.Desk.Fail(w, r, v, err)
		return
	}
	if len(memberships) == 0 && v.Actor.OrganizationID == "" {
		desk.See(w, "/organizations/new")
		return
	}
	shown := &Home{Shell: desk.Shell{Title: "Your organizations"}, MayCreate: v.Actor.OrganizationID == ""}
	shown.Notice = homeNotices[r.URL.Query().Get("done")]
	read := 0
	for i, m := range memberships {
		h := home{Membership: m, Address: "/organizations/" + m.Organization.ID}
		var products []dialtone.Product
		if i < homesRead {
			if products, err = p.Catalog.Products(r.Context(), v.Actor, m.Organization.ID, catalog.ProductQuery{Limit: productsAtHome + 1}); err != nil {
				p.Desk.Fail(w, r, v, err)
				return
			}
		}
		if len(products) > productsAtHome {
			products, h.More = products[:productsAtHome], true
		}
		for _, product := range products {
			one := homeProduct{Product: product}
			if read++; read <= standingsRead {
				if one, err = p.standing(r.Context(), v, product); err != nil {
					p.Desk.Fail(w, r, v, err)
					return
				}
			}
			h.Products = append(h.Products, one)
		}
		shown.Organizations = append(shown.Organizations, h)
	}
	if shown.Next, err = p.nextStep(r.Context(), v, shown.Organizations); err != nil {
		p.Desk.Fail(w, r, v, err)
		return
	}
	p.pages.Render(w, v, http.StatusOK, shown)
}

// standing reads how a product stands at the operators, and what happened lately.
func (p *portal) standing(ctx context.Context, v desk.Visit, product dialtone.Product) (homeProduct, error) {
	one := homeProduct{Product: product, Known: true}
	listings, err := p.Catalog.Listings(ctx, v.Actor, product.ID)
	if err != nil {
		return one, err
	}
	for _, listing := range listings {
		switch listing.State {
		case dialtone.ListingEnabled:
			one.Enabled++
		case dialtone.ListingOffered:
			one.Waiting++
		default:
			one.Declined++
		}
	}
	one.Recent, err = p.Reports.Recent(ctx, v.Actor, product.ID, v.Now)
	return one, err
}

// nextStep is what a person with one organization and at most one product does next, until there is a client.
func (p *portal) nextStep(ctx context.Context, v desk.Visit, homes []home) (next, error) {
	if len(homes) != 1 || len(homes[0].Products) > 1 || !catalog.RoleMay(homes[0].Role, catalog.WriteClients) {
		return next{}, nil
	}
	if len(homes[0].Products) == 0 {
		return next{"Next: create your first product, the app or website that people will sign in to.", desk.Link{
			Words: "Create a product", Address: homes[0].Address + "/products/new",
		}}, nil
	}
	product := homes[0].Products[0]
	clients, err := p.Catalog.Clients(ctx, v.Actor, product.ID)
	if err != nil || len(clients) > 0 {
		return next{}, err
	}
	return next{"Next: create a client for " + product.Name + ", the id and secret that your code signs people in with.", desk.Link{
		Words: "Create a client", Address: "/products/" + product.ID + "/clients/new",
	}}, nil
}
