package pages

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
)

// My is what a subscriber allowed, and takes back: product by product.
type My struct {
	web.Frame
	Number   dialtone.PhoneNumber // shown masked
	Products []MyProduct
	Browsers int    // that are signed in with the number, this one included
	Done     MyDone // what was just done; empty: nothing
}

// MyProduct is a product that may use the line.
type MyProduct struct {
	Product      dialtone.Product
	Organization string
	Since        time.Time
	Required     []dialtone.Scope
	Optional     []dialtone.Scope // that can be taken back alone
}

// MyDone says what was just done.
type MyDone string

const (
	MyRemoved  MyDone = "removed"
	MyNarrowed MyDone = "narrowed"
)

// Title is the name of the page.
func (My) Title() web.Text { return web.Text{ID: "my.title"} }

// Said is the sentence for what was just done.
func (p My) Said() web.Text {
	if p.Done == MyNarrowed {
		return web.Text{ID: "my.done.narrowed"}
	}
	return web.Text{ID: "my.done.removed"}
}

// MyRemove asks whether a product is to be removed, or one of its scopes to be taken back. It posts product, scope if there is one, and
// decision (remove or cancel) to /my/remove.
type MyRemove struct {
	web.Frame
	Product      dialtone.Product
	Organization string
	Number       dialtone.PhoneNumber // shown masked
	Scope        *dialtone.Scope      // nil: the whole product
}

// Title asks the question of the page.
func (p MyRemove) Title() web.Text {
	if p.Scope != nil {
		return web.Text{ID: "my.narrow.title", Values: web.Values{"product": p.Product.Name}}
	}
	return web.Text{ID: "revoke.title", Values: web.Values{"product": p.Product.Name, "number": p.Number}}
}

// MyRecord is all that became of a subscriber's consents.
type MyRecord struct {
	web.Frame
	Number dialtone.PhoneNumber // shown masked
	Lines  []RecordLine
}

// RecordLine is one thing that happened to a consent.
type RecordLine struct {
	dialtone.ConsentEvent
	Product string // its name now; empty: it is not held any more, and the id stands for it
	Scopes  []dialtone.Scope
}

// Title is the name of the page.
func (MyRecord) Title() web.Text { return web.Text{ID: "my.record"} }

// KindWords say what happened.
func (l RecordLine) KindWords() web.Text { return web.Text{ID: kindWords[l.Kind]} }

// ChannelWords say on which way.
func (l RecordLine) ChannelWords() web.Text { return web.Text{ID: channelWords[l.Channel]} }

var (
	kindWords = map[dialtone.ConsentEventKind]string{
		dialtone.ConsentGranted: "my.kind.granted", dialtone.ConsentUpdated: "my.kind.updated", dialtone.ConsentRefused: "my.kind.refused",
		dialtone.ConsentRevoked: "my.kind.revoked",
	}
	channelWords = map[dialtone.ConsentChannel]string{
		dialtone.ChannelConsentPage: "my.channel.consent_page", dialtone.ChannelRevokeLink: "my.channel.revoke_link", dialtone.ChannelCare: "my.channel.care",
		dialtone.ChannelMyProducts: "my.channel.my_products", dialtone.ChannelLifeCycle: "my.channel.life_cycle",
	}
)

// Day is the date of a time as every language reads it.
func (l RecordLine) Day() web.LTR { return web.LTR(l.At.UTC().Format("2006-01-02 15:04 UTC")) }

// Day is the date since when.
func (p MyProduct) Day() web.LTR { return web.LTR(p.Since.UTC().Format(time.DateOnly)) }

// OwnName is what the sign-in to these pages is called, where others have the name of a product.
func OwnName() web.Text { return web.Text{ID: "my.name"} }
