package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"os/exec"
	"slices"
	"strconv"
	"sync"
	"time"
)

// The portal is measured by the time that a person waits: every page, with 10,000 products in the database, on a few
// connections at once. There is nothing to compare it with, so that the limit is in milliseconds.
const (
	portalCommand     = "portal"
	portalLimit       = 50 * time.Millisecond // of the 99th percentile
	portalConnections = 4
	portalProducts    = 10_000
)

// portalPage is one page, with what it is called in the report.
type portalPage struct{ title, path string }

func portalPages(s portalSeed) []portalPage {
	product, organization := "/products/"+s.productID, "/organizations/"+s.organizationID
	return []portalPage{
		{"front page", "/"}, {"products of the organization", organization}, {"search for a product", organization + "?q=product+77"},
		{"members", organization + "/members"}, {"API keys", organization + "/keys"}, {"activity", organization + "/activity"},
		{"settings", organization + "/settings"}, {"account", "/account"},
		{"General", product}, {"Listing", product + "/listing"}, {"Scopes", product + "/scopes"}, {"Clients", product + "/clients"},
		{"client", "/clients/" + s.clientID}, {"Submit", product + "/submit"}, {"Analytics", product + "/analytics"},
		{"Requests", product + "/requests"}, {"Try it", product + "/try"},
		{"docs", "/docs/get-started"}, {"search in the docs", "/docs/search?q=consent"}, {"API reference", "/docs/api"},
	}
}

// waited is how long a page took.
type waited struct {
	page     portalPage
	p50, p99 time.Duration
}

// runPortal measures the portal on each engine and prints a table for each.
func (b bench) runPortal(ctx context.Context, w io.Writer) (err error) {
	described, err := b.engine.Describe(ctx)
	if err != nil {
		return err
	}
	database, err := b.engine.Create(ctx, b.folder, portalCommand)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.engine.Drop(context.WithoutCancel(ctx), database)) }()
	if err := b.program.register(ctx, database); err != nil {
		return err
	}
	seed, err := seedPortal(ctx, database, b.program.path("root.key"))
	if err != nil {
		return fmt.Errorf("fill the database: %w", err)
	}
	running, address, err := b.program.servePortal(database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, running.stop()) }()
	var measured []waited
	for _, page := range portalPages(seed) {
		m, err := b.wait(ctx, address, seed.cookie, page)
		if err != nil {
			return err
		}
		measured = append(measured, m)
	}
	reportPortal(w, described, measured)
	return nil
}

// servePortal starts the server with its portal. Its mail server is not there: nobody asks for a code.
func (p program) servePortal(database string) (*process, string, error) {
	identity, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	portal, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	command := exec.Command(p.binary, "serve",
		"--issuer", "http://"+identity, "--identity-listen", identity, "--portal-url", "http://"+portal, "--portal-listen", portal,
		"--smtp-address", "127.0.0.1:1", "--smtp-tls", "none", "--smtp-from", "bench@example.com",
		"--database", database, "--root-key-file", p.path("root.key"))
	running, err := startProcess(command, identity, p.path("portal.log"))
	return running, portal, err
}

// wait loads one page on a few connections until the time is over.
func (b bench) wait(ctx context.Context, address, cookie string, page portalPage) (waited, error) {
	began := time.Now()
	from, until := began.Add(b.burst.warming), began.Add(b.burst.warming+b.burst.measuring)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: portalConnections}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	series := make([][]time.Duration, portalConnections)
	faults := make([]error, portalConnections)
	var running sync.WaitGroup
	for i := range portalConnections {
		running.Go(func() {
			for began := time.Now(); began.Before(until); {
				if faults[i] = fetch(ctx, client, "http://"+address+page.path, cookie); faults[i] != nil {
					return
				}
				ended := time.Now()
				if !began.Before(from) {
					series[i] = append(series[i], ended.Sub(began))
				}
				began = ended
			}
		})
	}
	running.Wait()
	took := slices.Concat(series...)
	if err := errors.Join(faults...); err != nil || len(took) == 0 {
		return waited{}, fmt.Errorf("%s: %w", page.title, cmp.Or(err, errors.New("nothing was answered within the time")))
	}
	slices.Sort(took)
	return waited{page, percentile(took, 0.50), percentile(took, 0.99)}, nil
}

// fetch reads a page to its end. Anything but 200 is an error: a portal that is fast at sending people to sign in must not look
// good.
func fetch(ctx context.Context, client *http.Client, address, cookie string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Cookie", cookie)
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode != http.StatusOK {
		err = errors.Join(err, fmt.Errorf("%s: status %d", request.URL.Path, answer.StatusCode))
	}
	return errors.Join(err, answer.Body.Close())
}

// reportPortal prints the pages as Markdown, the slowest first.
func reportPortal(w io.Writer, engine string, measured []waited) {
	slices.SortFunc(measured, func(a, b waited) int { return cmp.Compare(b.p99, a.p99) })
	fmt.Fprintf(w, "\n### The portal on %s: %s products, %d connections\n\n", engine, strconv.Itoa(portalProducts), portalConnections)
	rows := [][]string{{"page", "p50", "p99", "limit", ""}}
	for _, m := range measured {
		met := "missed"
		if m.p99 <= portalLimit {
			met = "met"
		}
		rows = append(rows, []string{m.page.title, milliseconds(m.p50), milliseconds(m.p99), "≤ " + milliseconds(portalLimit), met})
	}
	writeTable(w, rows)
}
