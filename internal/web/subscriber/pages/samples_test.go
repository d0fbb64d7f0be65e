package pages_test

import (
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
)

// sample is a page as a handler may fill it in.
type sample struct {
	name string
	page func(web.Frame) web.Page
}

var (
	operator = dialtone.Operator{
		ID: "op_nordtel", Name: "Nordtel", Support: "https://nordtel.example/help",
		Brand: dialtone.Brand{Colour: "#0f766e", LogoID: "logo"},
	}
	product = dialtone.Product{
		Name: "Storytime", Subtitle: "Audio books without end", IconID: "icon",
		Description: "All the books that your family can listen to, on the phone bill.", Price: "49 kr a month",
		TermsURL: "https://storytime.example/terms", PrivacyURL: "https://storytime.example/privacy",
	}
	bare   = dialtone.Product{Name: "Storytime"}
	number = dialtone.PhoneNumber("+46701740605")
	openid = dialtone.Scope{Name: "openid", Subscriber: map[string]string{"en": "Recognise you when you come back", "ar": "التعرّف عليك عند عودتك"}}
	phone  = dialtone.Scope{Name: "phone", Subscriber: map[string]string{"en": "See your phone number", "ar": "الاطلاع على رقم هاتفك"}}
	text   = dialtone.Scope{Name: "sms.text:send_to_subscriber", Subscriber: map[string]string{"en": "Send you text messages", "ar": "إرسال رسائل نصية إليك"}}
)

const (
	state = "sealed-state"
	// As long as a host may be, without a place to break it.
	longHost = "averyverylongnameofahostwithoutanydashesinitthatgoesonandonandon.example"
	back     = "https://storytime.example/callback?error=access_denied&state=1"
	other    = "/signin?r=sealed-state"
	found    = "https://developers.example.com/requests?id=er_k3v9q2m8x7"
)

// samples are all pages, each with everything and with as little as it may have, and each problem.
func samples() []sample {
	all := []sample{
		{"number", func(f web.Frame) web.Page {
			return pages.Number{Frame: f, State: state, Product: product, Organization: "Storytime AB", Example: "070 174 06 05", Back: back}
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
		{"consent", func(f web.Frame) web.Page {
			return pages.Consent{
				Frame: f, State: state, Product: product, Organization: "Storytime AB", Number: number,
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
		{"revoke", func(f web.Frame) web.Page {
			return pages.Revoke{Frame: f, State: state, Product: product, Organization: "Storytime AB", Number: number}
		}},
		{"revoked", func(f web.Frame) web.Page {
			return pages.Revoked{Frame: f, Product: product, Number: number, Back: back}
		}},
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
			return pages.Leave{Frame: f, Host: "192.0.2.7:8080", Action: "https://storytime.example/callback", Fields: []pages.Field{{"error", "x"}, {"state", `a"b<c>`}}}
		}},
		{"signed out stayed", func(f web.Frame) web.Page { return pages.SignedOut{Frame: f, Stayed: true} }},
		{"not available", func(f web.Frame) web.Page {
			return pages.NotAvailable{Frame: f, Product: product, Number: number, OtherNumber: other, Back: back}
		}},
		{"front", func(f web.Frame) web.Page { return pages.Front{Frame: f} }},
		{"form post", func(f web.Frame) web.Page {
			return pages.FormPost{Frame: f, Product: product, Action: "https://storytime.example/callback", Fields: []pages.Field{{"code", "dt_ac_1"}, {"state", `a"b<c>`}}}
		}},
		{"form post minimal", func(f web.Frame) web.Page {
			return pages.FormPost{Frame: f, Action: "https://storytime.example/callback"}
		}},
	}
	for _, problem := range []pages.NumberProblem{
		pages.NumberEmpty, pages.NumberTooShort, pages.NumberTooLong, pages.NumberNotANumber, pages.NumberNeedsCountry, pages.NumberTooMany,
	} {
		all = append(all, sample{"number " + string(problem), func(f web.Frame) web.Page {
			return pages.Number{Frame: f, State: state, Product: product, Value: "070 12", Problem: problem, RetryAfter: 40 * time.Minute, Back: back}
		}})
	}
	for _, problem := range []pages.PINProblem{
		pages.PINMalformed, pages.PINWrong, pages.PINExpired, pages.PINExhausted, pages.PINSuperseded, pages.PINTooSoon, pages.PINResendRefused,
	} {
		all = append(all, sample{"pin " + string(problem), func(f web.Frame) web.Page {
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
		pages.ProblemRequest, pages.ProblemExpired, pages.ProblemOtherBrowser, pages.ProblemLink, pages.ProblemBlocked,
		pages.ProblemNotFound, pages.ProblemForm, pages.ProblemUnavailable, pages.ProblemFault,
	} {
		all = append(all, sample{"error " + string(problem), func(f web.Frame) web.Page {
			return pages.Error{Frame: f, Problem: problem, ErrorID: "er_k3v9q2m8x7", Developer: "redirect_uri is not registered for this client", Portal: found, Product: product, RetryAfter: 2 * time.Second, Again: other, Back: back}
		}}, sample{"error " + string(problem) + " minimal", func(f web.Frame) web.Page {
			return pages.Error{Frame: f, Problem: problem}
		}})
	}
	return all
}
