package apply_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/catalog"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// world is what the entries below refer to.
const world = `
operators: [{id: tundra, name: Tundra}]
scopes: [{name: "sms:send", subscriber: {en: Send}}]
organizations: [{id: org_1, name: Example}]
products: [{id: product_0, organization: org_1, name: Other}]
subscriptions: [{id: sub_0, operator: tundra, phone_number: "+33639980001"}]
`

// full has, for each noun, how an entry says which one is meant, and every field with a value that is not the usual one.
var full = map[string]struct {
	identity string
	fields   map[string]string
}{
	"operators": {"id: fjord", map[string]string{
		"name": "Fjord", "colour": `"#0b4f8a"`, "support": `"https://fjord.example/help"`, "language": "fr", "ranges": `["+3363998", "+3363997"]`,
		"approval": "automatic", "sms.route": "main", "sms.sender": "Fjord", "sms.daily": "5", "sms.price": "0.045", "sms.currency": "EUR",
		"sms.share_price": "true", "passkey_required": "true", "admins": "[olga@example.com]",
	}},
	"administrators": {"email: root@example.com", nil},
	"scopes": {"name: data.read", map[string]string{
		"category": "Data", "developer": "Read data.", "subscriber": "{en: Read, sv: Läsa}",
	}},
	"organizations": {"id: org_2", map[string]string{"name": "Second", "owners": "[ada@example.com]"}},
	"products": {"id: product_1", map[string]string{
		"organization": "org_1", "name": "Weather", "subtitle": "Rain", "description": "Long", "price": `"9.90"`,
		"terms_url": `"https://example.com/terms"`, "privacy_url": `"https://example.com/privacy"`, "support": `"https://example.com/help"`,
		"scopes": `[{name: openid}, {name: "sms:send", optional: true}]`, "listing": "[{operator: tundra, state: enabled, reason: good}]",
	}},
	"clients": {"id: client_1", map[string]string{
		"product": "product_0", "description": "Web", "type": "confidential", "auth_method": "client_secret_post", "id_token_algorithm": "ES256",
		"refresh_grace_seconds": "7", "claims_in_id_token": "true",
		"redirect_uris": `["https://example.com/b", "https://example.com/a"]`, "post_revoke_redirect_uris": `["https://example.com/r"]`,
		"post_logout_redirect_uris": `["https://example.com/l"]`,
		"secret_sha256":             "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
	}},
	"testers": {`product: product_0, phone_number: "+33639980001"`, map[string]string{"until": `"2026-12-31"`}},
	"subscriptions": {"id: sub_1", map[string]string{
		"operator": "tundra", "phone_number": `"+33639980000"`, "status": "blocked", "language": "fi",
	}},
}

// neverEmptied is what a thing cannot be without, and lists of things that no document takes away.
var neverEmptied = []string{
	"operators.admins", "operators.name", "scopes.subscriber", "organizations.name", "organizations.owners", "products.organization", "products.name",
	"products.listing", "clients.product", "clients.description", "clients.secret_sha256", "subscriptions.operator", "subscriptions.phone_number",
}

// write is an entry in YAML, fields of a mapping inside written as one.
func write(section, identity string, fields map[string]string) string {
	inner, parts := make(map[string][]string), []string{identity}
	for key, value := range fields {
		if outer, below, nested := strings.Cut(key, "."); nested {
			inner[outer] = append(inner[outer], below+": "+value)
		} else {
			parts = append(parts, key+": "+value)
		}
	}
	for outer, list := range inner {
		parts = append(parts, outer+": {"+strings.Join(list, ", ")+"}")
	}
	return section + ": [{" + strings.Join(parts, ", ") + "}]\n"
}

func TestWhatAnEntryDoesNotNameStaysAndNullEmptiesIt(t *testing.T) {
	t.Parallel()
	if len(full) != len(apply.Fields()) {
		t.Error("the test does not know every noun")
	}
	for section, keys := range apply.Fields() {
		entry := full[section]
		for key := range entry.fields {
			if !slices.Contains(keys, key) {
				t.Errorf("%s has no field %s", section, key)
			}
		}
		t.Run(section, func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			a := apply.New(catalog.New(db), db)
			plan := func(text string) apply.Plan {
				p, err := a.Plan(t.Context(), parse(t, text), now)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				return p
			}
			put(t, catalog.New(db), db, world, now)
			put(t, catalog.New(db), db, write(section, entry.identity, entry.fields), now)
			a = apply.New(catalog.New(db), db)
			if p := plan(write(section, entry.identity, entry.fields)); p.Changes() {
				t.Errorf("the same again is a change: %+v", p.Items)
			}
			if plan(write(section, entry.identity, nil)).Changes() {
				t.Error("an entry without a field changes something")
			}
			for _, key := range keys {
				if strings.Contains(entry.identity, key+":") {
					continue
				}
				value, there := entry.fields[key]
				if !there {
					t.Errorf("the test does not know %s", key)
					continue
				}
				if p := plan(write(section, entry.identity, map[string]string{key: value})); p.Changes() {
					t.Errorf("%s alone, as it is, changes %+v", key, p.Items)
				}
				empty := "null"
				if strings.HasPrefix(value, "[") {
					empty = "[]"
				}
				p, err := a.Plan(t.Context(), parse(t, write(section, entry.identity, map[string]string{key: empty})), now)
				if slices.Contains(neverEmptied, section+"."+key) {
					if !errors.Is(err, dialtone.ErrInvalid) {
						t.Errorf("%s: %s is taken (%v)", key, empty, err)
					}
					continue
				}
				if key == "type" || strings.HasPrefix(key, "sms.") && err != nil && strings.Contains(err.Error(), "price") {
					continue // the usual value is the one that it has; a price cannot lose its currency alone
				}
				if err != nil || len(p.Items[0].Changes) != 1 || p.Items[0].Changes[0].Field != key {
					t.Errorf("%s: %s: want this one change, got %+v, %v", key, empty, p.Items, err)
				}
			}
		})
	}
}

func TestTheExampleAndTheManualHaveEveryField(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"../../cmd/dialtone/example.yaml", "../../docs/operate/apply.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for section, keys := range apply.Fields() {
			for _, key := range keys {
				last := key[strings.LastIndexByte(key, '.')+1:]
				if !strings.Contains(string(text), last+":") && !strings.Contains(string(text), "`"+key+"`") {
					t.Errorf("%s does not have %s of %s", name, key, section)
				}
			}
		}
	}
}

func TestTheScopesOfAProductThatADocumentDoesNotNameStay(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	put(t, c, db, document, now)
	before, err := db.Product(t.Context(), "product_1")
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, db, "products: [{id: product_1, subtitle: Rain or shine}]", now)
	after, err := db.Product(t.Context(), "product_1")
	if err != nil || len(after.Scopes) != len(before.Scopes) || after.Price != before.Price || after.Subtitle != "Rain or shine" {
		t.Errorf("got %+v, %v", after, err)
	}
}

func TestWhatWouldHaveToBeGuessedIsRefusedWithItsPlaceAndTheRightWriting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"an octal sender":     {"operators:\n  - id: a\n    name: A\n    sms:\n      sender: 0701\n", `:5:15: without quotes this is a number: write sender: "0701"`},
		"a number":            {"subscriptions:\n  - operator: tundra\n    phone_number: +46700000000\n", `:3:19: without quotes this is a number: write phone_number: "…"`},
		"a price":             {"products: [{id: p, price: 9.90}]", `write price: "9.90"`},
		"a subtitle":          {"products: [{id: p, subtitle: 007}]", `write subtitle: "007"`},
		"an underscore":       {"products: [{id: p, subtitle: 12_34}]", `write subtitle: "12_34"`},
		"a date":              {"products: [{id: p, subtitle: 2026-11-23}]", `this is a date`},
		"true":                {"products: [{id: p, subtitle: true}]", `write subtitle: "true"`},
		"yes for true":        {"operators: [{id: a, sms: {share_price: yes}}]", `write share_price: true or share_price: false`},
		"Latin-1":             {"products:\n  - id: p\n    name: Sm\xf6rg\xe5s\n", `:3:13: the byte 0xF6 is not UTF-8`},
		"UTF-16":              {"\xff\xfeo\x00", "UTF-16: save it as UTF-8"},
		"a key twice":         {"products:\n  - id: p\n    name: A\n    name: B\n", ":4:5: name is there already, at line 3"},
		"an id twice":         {"operators:\n  - {id: a, name: A}\n  - {id: a, name: B}\n", ":3:5: operator a stands in the document already, at line 2"},
		"a number twice":      {"operators: [{id: tundra, name: Tundra}]\nsubscriptions:\n  - {operator: tundra, phone_number: \"+33639980000\"}\n  - {operator: tundra, phone_number: \"+33639980000\", status: blocked}\n", ":4:5: subscription +33•••••0000 stands in the document already"},
		"two documents":       {"operators: []\n---\nscopes: []\n", ":3:1: a second document begins here"},
		"an unknown field":    {"operators: [{id: a, colur: \"#000000\"}]", `did you mean "colour"?`},
		"an unknown section":  {"operatos: []", `:1:1: there is no field "operatos": did you mean "operators"?`},
		"an unknown part":     {"operators: [{id: a, sms: {rout: x}}]", `did you mean "route"?`},
		"an alias":            {"operators: &a []\nscopes: *a\n", ":1:12: anchors, aliases and merge keys"},
		"a slash in an id":    {"organizations: [{id: org/1, name: A}]", ":1:22: id: an id has 1 to 100 letters"},
		"dots in an id":       {"products: [{id: ../x, organization: o, name: A}]", "an id has 1 to 100 letters"},
		"a line break in one": {"clients: [{id: \"a\\nb\", product: p, description: d}]", "an id has 1 to 100 letters"},
		"an id of a line":     {"subscriptions: [{id: a b, phone_number: \"+33639980000\", operator: tundra}]", "an id has 1 to 100 letters"},
		"a new thing's name":  {"operators:\n  - id: a\n", ":2:5: a new operator needs name"},
		"a language":          {"operators:\n  - id: a\n    name: A\n    language: no\n", ":4:15: language: language \"no\" is none that pages and SMS speak"},
		"a sentence's":        {"scopes: [{name: a, subscriber: {en: A, se: B}}]", `there is no field "se"`},
		"nobody's product":    {"clients: [{id: a, product: nothing, description: d}]", ":1:28: product: there is no product \"nothing\""},
		"a list for a text":   {"operators: [{id: a, name: [A]}]", "name is a text, not a list"},
		"a product's faults":  {"organizations: [{id: o, name: O}]\nproducts: [{id: p, organization: o, name: A, privacy_url: ftp}]\n", ":2:59: privacy_url:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			d, err := apply.Parse("file.yaml", strings.NewReader(c.text))
			if err == nil {
				_, err = apply.New(catalog.New(db), db).Apply(t.Context(), d, nil, now)
			}
			if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "6700000000") {
				t.Errorf("the error has a person's number: %v", err)
			}
			if operators, err := db.Operators(t.Context()); err != nil || len(operators) != 0 {
				t.Errorf("half a document was saved: %d operators, %v", len(operators), err)
			}
		})
	}
}

func TestAByteOrderMarkIsNoFault(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	put(t, catalog.New(db), db, "\ufeffoperators: [{id: tundra, name: Tundra}]", now)
	if operators, err := db.Operators(t.Context()); err != nil || len(operators) != 1 {
		t.Errorf("%d operators, %v", len(operators), err)
	}
}

func TestAPlanMarksWhatAsksAgainOrBreaksSignIns(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	put(t, c, db, document, now)
	for name, test := range map[string]struct{ text, field, want string }{
		"a scope less":        {`products: [{id: product_1, scopes: [{name: openid}, {name: "sms.text:send", optional: true}]}]`, "scopes", "breaks live sign-ins: apps lose phone"},
		"a scope more":        {`products: [{id: product_1, scopes: [{name: openid}, {name: phone}, {name: offline_access}]}]`, "scopes", "asks subscribers again: scope offline_access is new; breaks live sign-ins"},
		"another price":       {"products: [{id: product_1, price: 1 €}]", "price", "asks subscribers again"},
		"other terms":         {`products: [{id: product_1, terms_url: "https://example.com/t"}]`, "terms_url", "asks subscribers again"},
		"a redirect URI":      {`clients: [{id: client_app, redirect_uris: ["com.example.app:/other"]}]`, "redirect_uris", "com.example.app:/callback is refused"},
		"a suspended one":     {"products: [{id: product_1, listing: [{operator: fjord, state: suspended}]}]", "state", "breaks live sign-ins"},
		"a range less":        {"operators: [{id: fjord, ranges: []}]", "ranges", "+3363998"},
		"a line that ends":    {`subscriptions: [{phone_number: "+33639980000", status: ended}]`, "status", "signed out"},
		"another algorithm":   {"clients: [{id: client_app, id_token_algorithm: ES256}]", "id_token_algorithm", "breaks live sign-ins"},
		"a subtitle, nothing": {"products: [{id: product_1, subtitle: Rain}]", "subtitle", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := apply.New(c, db).Plan(t.Context(), parse(t, test.text), now)
			if err != nil {
				t.Fatal(err)
			}
			var found []apply.Change
			for _, item := range p.Items {
				for _, change := range item.Changes {
					if change.Field == test.field {
						found = append(found, change)
					}
				}
			}
			if len(found) != 1 || !strings.Contains(found[0].Risk, test.want) || (test.want == "") != (found[0].Risk == "") {
				t.Errorf("got %+v, want a risk with %q", p.Items, test.want)
			}
		})
	}
}

func TestAnOperatorsRouteIsOneThatThereIs(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	a := apply.New(catalog.New(db), db)
	d := parse(t, "operators: [{id: a, name: A, sms: {route: mian}}]")
	p, err := a.Plan(t.Context(), d, now)
	if err != nil || len(p.Notes) != 1 {
		t.Errorf("routes not known: notes %q, %v", p.Notes, err)
	}
	if err := p.Run(t.Context(), nil, func(apply.Item) error { return nil }, now); err != nil {
		t.Fatal(err)
	}
	a.Routes = []string{"main"}
	for name, rest := range map[string]string{"not named": "products: []", "named without its route": "operators: [{id: a, name: B}]"} {
		p, err := a.Plan(t.Context(), parse(t, rest), now)
		if err != nil || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], `no SMS leaves for it, because there is no SMS route "mian"`) {
			t.Errorf("%s: notes %q, %v", name, p.Notes, err)
		}
	}
	if _, err := a.Plan(t.Context(), d, now); !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), `there is no route "mian"`) {
		t.Errorf("got %v", err)
	}
}

func TestAThingThatChangesBetweenPlanAndRunIsNotOverwritten(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := catalog.New(db)
	put(t, c, db, document, now)
	p, err := apply.New(c, db).Plan(t.Context(), parse(t, "products: [{id: product_1, subtitle: Mine}]"), now)
	if err != nil {
		t.Fatal(err)
	}
	put(t, c, db, "products: [{id: product_1, description: Theirs}]", now)
	err = p.Run(t.Context(), nil, func(apply.Item) error { return nil }, now)
	if !errors.Is(err, dialtone.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
}
