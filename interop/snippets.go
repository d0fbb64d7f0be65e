package main

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
)

// languages are the programs that the Try it tab shows: their names in its address, and on its tabs.
var languages = [][2]string{{"curl", "curl"}, {"go", "Go"}, {"javascript", "JavaScript"}, {"python", "Python"}, {"java", "Java"}}

// trier is a client that is made in the portal to run all programs with. They differ in what the programs depend on.
type trier struct {
	name        string
	typed       url.Values // in the portal's form
	redirectURI string
	// forged: the programs also get answers that they must refuse. One client is enough for that: they read an answer in the
	// same way whoever asks, and this one could go on, with a secret and a query of its own in the redirect URI.
	forged bool
}

var triers = []trier{
	{
		name: "client_secret_basic", redirectURI: "http://localhost:3000/callback",
		typed: url.Values{"type": {"confidential"}, "auth_method": {"client_secret_basic"}},
	},
	{
		name: "client_secret_post", redirectURI: "https://shop.example/callback?from=dialtone&lang=en",
		typed: url.Values{"type": {"confidential"}, "auth_method": {"client_secret_post"}}, forged: true,
	},
	{
		name: "public", redirectURI: "com.example.shop:/callback",
		typed: url.Values{"type": {"public"}, "id_token_algorithm": {"ES256"}},
	},
}

// lends reports whether the programs use what a party installs.
func lends(p party) bool { return p.name == "openid-client" || p.name == "authlib" }

// runSnippets registers clients in the demo's portal and runs what its Try it tab shows for each of them.
func runSnippets(ctx context.Context, binary, folder string, verbose bool) (err error) {
	fmt.Println("starting dialtone demo")
	demo, base, err := startDemo(ctx, binary, folder)
	defer func() { err = end(demo, err, verbose) }()
	if err != nil {
		return err
	}
	dev, err := newDeveloper(ctx, demoHost(base+1), demoHost(base+3), "interop@example.com")
	if err != nil {
		return fmt.Errorf("sign in to the portal: %w", err)
	}
	product, err := dev.createProduct(ctx, []string{"openid", "phone", "offline_access"})
	if err != nil {
		return fmt.Errorf("register a product: %w", err)
	}
	t := newTable("Try it", nil)
	verdicts := make(map[string]map[string]verdict)
	for _, tried := range triers {
		fmt.Printf("trying out %s\n", tried.name)
		t.columns = append(t.columns, tried.name)
		tried.typed.Set("description", tried.name)
		tried.typed.Set("redirect_uris", tried.redirectURI)
		made, err := dev.createClient(ctx, product, tried.typed)
		if err != nil {
			return fmt.Errorf("register a client: %w", err)
		}
		tab := tryTab{developer: dev, identity: demoHost(base), address: product + "/try", client: made, trier: tried}
		for name, err := range tab.all(ctx, filepath.Join(folder, tried.name)) {
			if verdicts[name] == nil {
				verdicts[name] = make(map[string]verdict)
			}
			verdicts[name][tried.name] = verdictOf(err)
		}
	}
	for _, language := range languages {
		t.add(language[0], language[1], verdicts[language[0]])
	}
	t.add(stepByStep, stepByStep, verdicts[stepByStep])
	t.add(ownBrowser, ownBrowser, verdicts[ownBrowser])
	return t.print()
}

func verdictOf(err error) verdict {
	if err != nil {
		return verdict{outcome: "fail", reason: err.Error()}
	}
	return verdict{outcome: "pass"}
}

// tryTab is the Try it tab with one client.
type tryTab struct {
	*developer
	identity string // address of the identity server
	address  string // of the tab, on the portal
	client   registration
	trier
}

// all runs everything that the tab offers, two things at a time, and says what came of each. The folder is made.
func (t tryTab) all(ctx context.Context, folder string) map[string]error {
	outcomes := make(map[string]error)
	var mu sync.Mutex
	ended := func(name string, err error) {
		mu.Lock()
		defer mu.Unlock()
		outcomes[name] = err
	}
	tasks := []func(){func() { // one after the other: a run ends an earlier one of the same client
		ended(stepByStep, t.stepByStep(ctx))
		ended(ownBrowser, t.ownBrowser(ctx))
	}}
	for _, language := range languages {
		tasks = append(tasks, func() { ended(language[0], t.snippet(ctx, language[0], filepath.Join(folder, language[0]))) })
	}
	slots := make(chan struct{}, 2)
	var running sync.WaitGroup
	for _, task := range tasks {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			task()
		})
	}
	running.Wait()
	return outcomes
}
