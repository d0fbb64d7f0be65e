// Package pagestest has every page of the subscriber's face as handlers may fill it in, for the tests of what holds for all of
// them: words, labels, room.
package pagestest

import (
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// Sample is one page in one state.
type Sample struct {
	Name string // the page and its state: "pin wrong"
	Page func(web.Frame) web.Page
}

// Content is what people and developers entered, as the pages show it.
type Content struct {
	Product             dialtone.Product
	Organization        string
	Number              dialtone.PhoneNumber
	OpenID, Phone, Text dialtone.Scope // two that are required, and one that is optional
	Operators           pages.Operators
	Developer           string // what the error page tells the app's developer
}

const (
	state = "sealed-state"
	// As long as a host may be, without a place to break it.
	longHost = "averyverylongnameofahostwithoutanydashesinitthatgoesonandonandon.example"
	back     = "https://storytime.example/callback?error=access_denied&state=1"
	other    = "/signin?r=sealed-state"
	found    = "https://developers.example.com/requests?id=er_k3v9q2m8x7"
)

var (
	since    = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	channels = []dialtone.ConsentChannel{
		dialtone.ChannelConsentPage, dialtone.ChannelMyProducts, dialtone.ChannelRevokeLink, dialtone.ChannelCare, dialtone.ChannelLifeCycle,
	}
	proof = strings.Repeat("0a", 32)
)

// What the samples carry, for tests that look for it.
const (
	State = state
	Back  = back
	Found = found
)

// Samples returns every page, each with everything and with as little as it may have, and each problem.
func (c Content) Samples() []Sample {
	product, number, openid, phone, text := c.Product, c.Number, c.OpenID, c.Phone, c.Text
	bare := dialtone.Product{Name: product.Name}
	all := []Sample{
		{"number", func(f web.Frame) web.Page {
			return pages.Number{Frame: f, State: state, Product: product, Organization: c.Organization, Example: "070 174 06 05", Back: back}
		}},
		{"number minimal", func(f web.Frame) web.Page { return pages.Number{Frame: f, State: state, Product: bare} }},
		{"number confirm", func(f web.Frame) web.Page {
			return pages.Number{Frame: f, State: state, Product: product, Confirm: "+46 70 174 06 05", Edit: other, Back: back}
		}},
		{"number confirm two", func(f web.Frame) web.Page {
			return pages.Number{
				Frame: f, State: state, Product: product, Confirm: "+54 11 2345-6789", Also: "+54 9 11 2345-6789", Edit: other, Back: back,
			}
		}},
		{"pin", func(f web.Frame) web.Page {
			return pages.PIN{Frame: f, State: state, Product: product, Number: number, Digits: 6, Left: 5 * time.Minute, ResendAfter: 30 * time.Second, OtherNumber: other, Back: back}
		}},
		{"pin minimal", func(f web.Frame) web.Page {
			return pages.PIN{Frame: f, State: state, Product: bare, Number: number, Digits: 6, Left: time.Minute, NoResend: true}
		}},
		{"pin sent again", func(f web.Frame) web.Page {
			return pages.PIN{Frame: f, State: state, Product: product, Number: number, Digits: 6, Left: 4 * time.Minute, ResendAfter: time.Minute, SentAgain: true, OtherNumber: other}
		}},
		{"pin sent anew", func(f web.Frame) web.Page {
			return pages.PIN{Frame: f, State: state, Product: product, Number: number, Digits: 8, Left: 4 * time.Minute, ResendAfter: time.Minute, SentAgain: true, SentNew: true, OtherNumber: other}
		}},
		{"consent", func(f web.Frame) web.Page {
			return pages.Consent{
				Frame: f, State: state, Product: product, Organization: c.Organization, Number: number,
				Required: []dialtone.Scope{openid, phone}, Optional: []pages.OptionalScope{{Scope: text}},
			}
		}},
		{"consent minimal", func(f web.Frame) web.Page {
			return pages.Consent{Frame: f, State: state, Product: bare, Number: number, Required: []dialtone.Scope{phone}}
		}},
		{"consent update", func(f web.Frame) web.Page {
			return pages.Consent{Frame: f, State: state, Product: product, Number: number, Update: true, Optional: []pages.OptionalScope{{Scope: text, Ticked: true}}, Terms: true}
		}},
		{"consent terms missing", func(f web.Frame) web.Page {
			return pages.Consent{Frame: f, State: state, Product: product, Number: number, Required: []dialtone.Scope{phone}, TermsMissing: true}
		}},
		{"consent nothing left", func(f web.Frame) web.Page {
			return pages.Consent{Frame: f, State: state, Product: bare, Number: number, Optional: []pages.OptionalScope{{Scope: phone}, {Scope: text}}, NothingLeft: true}
		}},
		{"consent changed", func(f web.Frame) web.Page {
			return pages.Consent{Frame: f, State: state, Product: product, Number: number, Required: []dialtone.Scope{phone}, Update: true, Changed: true}
		}},
		{"revoke", func(f web.Frame) web.Page {
			return pages.Revoke{Frame: f, State: state, Product: product, Organization: c.Organization, Number: number}
		}},
		{"my", func(f web.Frame) web.Page {
			return pages.My{Frame: f, Number: number, Browsers: 2, Done: pages.MyNarrowed, Products: []pages.MyProduct{
				{Product: product, Organization: c.Organization, Since: since, Required: []dialtone.Scope{openid, phone}, Optional: []dialtone.Scope{text}},
				{Product: bare, Since: since, Required: []dialtone.Scope{phone}},
			}}
		}},
		{"my empty", func(f web.Frame) web.Page {
			return pages.My{Frame: f, Number: number, Browsers: 1, Done: pages.MyRemoved}
		}},
		{"my remove", func(f web.Frame) web.Page {
			return pages.MyRemove{Frame: f, Product: product, Organization: c.Organization, Number: number}
		}},
		{"my remove scope", func(f web.Frame) web.Page {
			return pages.MyRemove{Frame: f, Product: product, Organization: c.Organization, Number: number, Scope: &text}
		}},
		{"my record", func(f web.Frame) web.Page {
			var lines []pages.RecordLine
			for i, kind := range []dialtone.ConsentEventKind{dialtone.ConsentGranted, dialtone.ConsentUpdated, dialtone.ConsentRefused, dialtone.ConsentRevoked, dialtone.ConsentRevoked} {
				lines = append(lines, pages.RecordLine{Product: product.Name, Scopes: []dialtone.Scope{openid, text}, ConsentEvent: dialtone.ConsentEvent{
					ProductID: "product_1", Kind: kind, Version: 1, Language: "sv", Channel: channels[i], Reason: c.Developer, TextHash: proof, At: since,
				}})
			}
			return pages.MyRecord{Frame: f, Number: number, Lines: lines}
		}},
		{"my record empty", func(f web.Frame) web.Page { return pages.MyRecord{Frame: f, Number: number} }},
		{"logout", func(f web.Frame) web.Page {
			return pages.Logout{Frame: f, State: state, Product: product, Number: number}
		}},
		{"logout minimal", func(f web.Frame) web.Page { return pages.Logout{Frame: f, State: state} }},
		{"signed out", func(f web.Frame) web.Page { return pages.SignedOut{Frame: f, Product: product, Back: back} }},
		{"signed out nobody", func(f web.Frame) web.Page {
			return pages.SignedOut{Frame: f, Nobody: true, Back: back, Host: longHost}
		}},
		{"leave", func(f web.Frame) web.Page {
			return pages.Leave{Frame: f, Host: longHost, ErrorID: "er_k3v9q2m8x7", Portal: found, Address: back}
		}},
		{"leave by form", func(f web.Frame) web.Page {
			return pages.Leave{Frame: f, Host: "192.0.2.7:8080", Action: "https://storytime.example/callback", Fields: []pages.Field{{Name: "error", Value: "x"}, {Name: "state", Value: `a"b<c>`}}}
		}},
		{"signed out stayed", func(f web.Frame) web.Page { return pages.SignedOut{Frame: f, Stayed: true} }},
		{"not available", func(f web.Frame) web.Page {
			return pages.NotAvailable{Frame: f, Product: product, Number: number, OtherNumber: other, Back: back}
		}},
		{"not available anywhere", func(f web.Frame) web.Page {
			return pages.NotAvailable{Frame: f, Nowhere: true, Product: product, Back: back}
		}},
		{"number with operators", func(f web.Frame) web.Page {
			return pages.Number{Frame: f, State: state, Product: product, Operators: c.Operators[:min(2, len(c.Operators))], Back: back}
		}},
		{"number of a trial", func(f web.Frame) web.Page {
			return pages.Number{Frame: f, State: state, Product: product, Trial: true, Back: back}
		}},
		{"pin with many operators", func(f web.Frame) web.Page {
			return pages.PIN{Frame: f, State: state, Product: product, Operators: c.Operators, Number: number, Digits: 8, Left: 5 * time.Minute, OtherNumber: other, Back: back}
		}},
		{"front", func(f web.Frame) web.Page { return pages.Front{Frame: f} }},
		{"form post", func(f web.Frame) web.Page {
			return pages.FormPost{Frame: f, Product: product, Action: "https://storytime.example/callback", Fields: []pages.Field{{Name: "code", Value: "dt_ac_1"}, {Name: "state", Value: `a"b<c>`}}}
		}},
		{"form post minimal", func(f web.Frame) web.Page {
			return pages.FormPost{Frame: f, Action: "https://storytime.example/callback"}
		}},
	}
	for _, problem := range []pages.NumberProblem{
		pages.NumberEmpty, pages.NumberTooShort, pages.NumberTooLong, pages.NumberNotANumber, pages.NumberNeedsCountry, pages.NumberTooMany,
	} {
		all = append(all, Sample{"number " + string(problem), func(f web.Frame) web.Page {
			return pages.Number{Frame: f, State: state, Product: product, Value: "070 12", Problem: problem, RetryAfter: 40 * time.Minute, Back: back}
		}})
	}
	for _, problem := range []pages.PINProblem{
		pages.PINMalformed, pages.PINWrong, pages.PINExpired, pages.PINExhausted, pages.PINSuperseded, pages.PINTooSoon, pages.PINResendRefused,
	} {
		all = append(all, Sample{"pin " + string(problem), func(f web.Frame) web.Page {
			page := pages.PIN{Frame: f, State: state, Product: product, Number: number, Digits: 6, Left: 4 * time.Minute, Problem: problem, TriesLeft: 2, OtherNumber: other, Back: back}
			switch problem {
			case pages.PINTooSoon:
				page.ResendAfter = 20 * time.Second
			case pages.PINResendRefused:
				page.RetryAfter = 40 * time.Minute
			}
			return page
		}})
	}
	for _, problem := range []pages.Problem{
		pages.ProblemRequest, pages.ProblemExpired, pages.ProblemOtherBrowser, pages.ProblemLink, pages.ProblemAnswered, pages.ProblemBlocked,
		pages.ProblemNotFound, pages.ProblemForm, pages.ProblemUnavailable, pages.ProblemFault,
	} {
		all = append(all, Sample{"error " + string(problem), func(f web.Frame) web.Page {
			return pages.Error{Frame: f, Problem: problem, ErrorID: "er_k3v9q2m8x7", Developer: c.Developer, Portal: found, Product: product, RetryAfter: 2 * time.Second, Again: other, Back: back}
		}}, Sample{"error " + string(problem) + " minimal", func(f web.Frame) web.Page {
			return pages.Error{Frame: f, Problem: problem}
		}})
	}
	return all
}
