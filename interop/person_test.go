package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// pages is a small identity host that asks for a number, a PIN and consent, and accepts one right answer to each.
func pages(t *testing.T, formAction string) *httptest.Server {
	mux := http.NewServeMux()
	page := func(w http.ResponseWriter, form string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self' "+formAction)
		fmt.Fprintf(w, "<!doctype html><title>Sign in</title><h1>Sign in</h1>%s", form)
	}
	mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "browser", Value: "b", Path: "/"})
		http.Redirect(w, r, "/number?r=sealed", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /number", func(w http.ResponseWriter, r *http.Request) {
		page(w, `<form method=post action=/number><input type=hidden name=r value=sealed><input type=tel name=phone_number></form>`)
	})
	mux.HandleFunc("POST /number", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("browser"); err != nil || r.PostFormValue("r") != "sealed" || r.PostFormValue("phone_number") != "+46701740605" {
			t.Errorf("number page got %v, cookie: %v", r.PostForm, err)
		}
		http.Redirect(w, r, "/pin", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /pin", func(w http.ResponseWriter, r *http.Request) {
		page(w, `<form method=post action=/resend><button>Send again</button></form><form method=post action=/pin><input name=pin></form>`)
	})
	mux.HandleFunc("POST /pin", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("pin") != "740605" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			page(w, `<p role=alert>The PIN is wrong.</p><form method=post action=/pin><input name=pin></form>`)
			return
		}
		page(w, `<form method=post action=/consent><input type=checkbox name=terms value=yes>
			<button id=deny name=decision value=deny>No</button><button id=allow name=decision value=allow>Yes</button></form>`)
	})
	mux.HandleFunc("POST /consent", func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("decision") != "allow" || r.PostFormValue("terms") != "yes" {
			t.Errorf("consent page got %v", r.PostForm)
		}
		http.Redirect(w, r, "https://app.example/callback?code=c&state=s", http.StatusSeeOther)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

func visitPages(t *testing.T, formAction, pin string) (string, error) {
	server := pages(t, formAction)
	p, err := newPerson(http.DefaultTransport, server.URL, "+46701740605", pin)
	if err != nil {
		t.Fatal(err)
	}
	return p.visit(t.Context(), server.URL+"/auth")
}

func TestAPersonGetsBackToTheApp(t *testing.T) {
	back, err := visitPages(t, "https://app.example", "740605")
	if want := "https://app.example/callback?code=c&state=s"; err != nil || back != want {
		t.Errorf("came back to %q, %v; want %q", back, err, want)
	}
}

func TestAPersonReportsAPageThatComesBack(t *testing.T) {
	_, err := visitPages(t, "https://app.example", "000000")
	if err == nil || !strings.Contains(err.Error(), "asks for the PIN again") || !strings.Contains(err.Error(), "The PIN is wrong.") {
		t.Errorf("a wrong PIN is reported as %v", err)
	}
}

func TestAPersonStopsWhereABrowserWould(t *testing.T) {
	_, err := visitPages(t, "https://other.example", "740605")
	if err == nil || !strings.Contains(err.Error(), "form-action") {
		t.Errorf("a form that leads past its policy is reported as %v", err)
	}
}

func TestFormMayLeadToPrivateUseScheme(t *testing.T) {
	target := &url.URL{Scheme: "com.example.app", Path: "/callback"}
	if err := formMayLeadTo("form-action 'self' com.example.app:", target); err != nil {
		t.Error(err)
	}
	if err := formMayLeadTo("form-action 'self' com.example.other:", target); err == nil {
		t.Error("another app's scheme is accepted")
	}
}
