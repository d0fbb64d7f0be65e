package pages_test

import (
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages"
	"github.com/dialtone-id/dialtone/internal/web/subscriber/pages/pagestest"
)

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
	operators = pages.Operators{
		"Nordtel", "Fjord Mobil", "Compañía Telefónica Internacional del Mediterráneo", "Ålesund Teleselskab", "شبكة البحر", "Bouygues & Fils",
		"Drillisch", "Comviq", "Telenor", "Hallon",
	}
	number = dialtone.PhoneNumber("+46701740605")
	openid = dialtone.Scope{Name: "openid", Subscriber: map[string]string{"en": "Recognise you when you come back", "ar": "التعرّف عليك عند عودتك"}}
	phone  = dialtone.Scope{Name: "phone", Subscriber: map[string]string{"en": "See your phone number", "ar": "الاطلاع على رقم هاتفك"}}
	text   = dialtone.Scope{Name: "sms.text:send_to_subscriber", Subscriber: map[string]string{"en": "Send you text messages", "ar": "إرسال رسائل نصية إليك"}}
)

const (
	state = pagestest.State
	back  = pagestest.Back
	found = pagestest.Found
)

// samples are all pages with the texts of an ordinary product.
func samples() []pagestest.Sample {
	return pagestest.Content{
		Product: product, Organization: "Storytime AB", Number: number, OpenID: openid, Phone: phone, Text: text, Operators: operators,
		Developer: "redirect_uri is not registered for this client",
	}.Samples()
}
