package apply

import (
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestThePriceOfAnSMSIsReadExactly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		price string
		want  int64
		fails bool
	}{
		{"0.045", 45_000, false}, {`"0.045"`, 45_000, false}, {"1", 1_000_000, false}, {"12.3", 12_300_000, false},
		{"0.000001", 1, false}, {"0.1234567", 0, true}, {"-1", 0, true}, {"1e3", 0, true}, {"free", 0, true},
	} {
		document, err := ParseDocument(strings.NewReader("operators: [{id: fjord, name: Fjord, sms: {price: " + c.price + ", currency: EUR, share_price: true}}]"))
		if c.fails {
			if err == nil {
				t.Errorf("%s is read as %d", c.price, document.Operators[0].SMS.Price)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.price, err)
			continue
		}
		operator := document.Operators[0].operator()
		want := dialtone.SMSRoute{Price: c.want, Currency: "EUR", SharePrice: true}
		if operator.SMS != want || operator.Validate() != nil {
			t.Errorf("%s is read as %+v (%v)", c.price, operator.SMS, operator.Validate())
		}
	}
}

func TestAPriceHasACurrency(t *testing.T) {
	t.Parallel()
	for _, sms := range []string{
		"price: 0.045", "currency: EUR", "{price: 0.045, currency: euro}", "share_price: true", "{currency: EUR, share_price: true, price: 0}",
	} {
		document, err := ParseDocument(strings.NewReader("operators: [{id: fjord, name: Fjord, sms: {" + strings.Trim(sms, "{}") + "}}]"))
		if err != nil {
			t.Fatal(err)
		}
		if err := document.Operators[0].operator().Validate(); err == nil {
			t.Errorf("%s is taken", sms)
		}
	}
}
