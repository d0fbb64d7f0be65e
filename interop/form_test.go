package main

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

const clientForm = `<form method=post action=/clients/new><input type=hidden name=once value=o><input name=description value=old>
	<textarea name=uris>
https://a.example
</textarea><input name=gone value=x disabled>
	<label><input type=radio name=type value=confidential checked></label><label><input type=radio name=type value=public></label>
	<input type=checkbox name=scope value=openid checked><input type=checkbox name=scope value=phone>
	<select name=auth><option value=basic>Basic</option><option value=post selected>Post</option></select>
	<button name=pressed value=no>Create</button></form>`

func completed(t *testing.T, typed url.Values) (*filledForm, error) {
	page, err := html.Parse(strings.NewReader(clientForm))
	if err != nil {
		t.Fatal(err)
	}
	return complete(find(page, "action", "/clients/new"), typed)
}

func TestAFormIsSentAsABrowserWould(t *testing.T) {
	for _, c := range []struct {
		typed url.Values
		want  string
	}{
		{nil, "auth=post&description=old&once=o&scope=openid&type=confidential&uris=https%3A%2F%2Fa.example%0A"},
		{url.Values{"description": {"new"}, "type": {"public"}, "scope": {"openid", "phone"}, "auth": {"basic"}, "uris": {"b"}},
			"auth=basic&description=new&once=o&scope=openid&scope=phone&type=public&uris=b"},
	} {
		filled, err := completed(t, c.typed)
		if err != nil || filled.values.Encode() != c.want {
			t.Errorf("typed %v: sent %v, %v; want %s", c.typed, filled, err, c.want)
		}
	}
}

func TestAFormTakesOnlyWhatItOffers(t *testing.T) {
	for name, value := range map[string]string{"type": "other", "scope": "email", "auth": "none", "colour": "red", "gone": "y"} {
		if _, err := completed(t, url.Values{name: {value}}); err == nil {
			t.Errorf("%s=%s is sent", name, value)
		}
	}
}
