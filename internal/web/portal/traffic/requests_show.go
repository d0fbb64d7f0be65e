package traffic

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Requests lists a product's refused requests, the newest first. The same fault is listed once, with all requests that had it.
type Requests struct {
	desk.Shell
	Address string // of this page
	Search  desk.Field
	Clients []Choice // to choose from; none: there are fewer than two
	Client  desk.Field
	Chosen  []desk.Link // clients that fit what was typed, where it is more than one
	Spans   []desk.Tab  // how far back
	span    span
	query   string // what stands in the field Client
	List    []Fault
	First   string // address of the newest; empty: these are them
	Next    string // of older ones; empty: there are none
}

// Choice is a client to choose. Value is what names it in the field: its description, or its id where several are called so.
type Choice struct{ ID, Name, Value string }

// Fault is what was wrong with some requests, and these, the newest first.
type Fault struct{ Requests []Request }

// Newest is the one that says what was wrong.
func (f Fault) Newest() Request { return f.Requests[0] }

// Oldest is the one that came first of those on the page.
func (f Fault) Oldest() Request { return f.Requests[len(f.Requests)-1] }

// Before are all but the newest.
func (f Fault) Before() []Request { return f.Requests[1:] }

// Span is how far back the list goes, as the address has it.
func (p *Requests) Span() string { return p.span.name }

// Request is one refused request, for reading.
type Request struct {
	traffic.Failure
	ClientName string
	Gone       bool // the client was deleted since
}

// requestsShown on one page.
const requestsShown = 50

// span is how far back the list goes.
type span struct {
	name, words string
	length      time.Duration // 0: as far as requests are kept
}

var spans = []span{{"", "7 days", 0}, {"day", "24 hours", 24 * time.Hour}, {"hour", "An hour", time.Hour}}

// ShowRequests lists refused requests: ?client= chooses one client's by name or id, ?span= how far back, ?before= and ?after= of a
// request turn the page.
func (m *Room) ShowRequests(w http.ResponseWriter, r *http.Request, v desk.Visit) {
	productID, asked := r.PathValue("product"), r.URL.Query()
	query, err := readQuery(asked)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	product, _, err := m.Catalog.Product(r.Context(), v.Actor, productID)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	clients, err := m.Catalog.Clients(r.Context(), v.Actor, productID)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	frame, err := m.shell(r, v, product, tabRequests)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := &Requests{Shell: frame, Address: "/products/" + productID + "/" + tabRequests, Search: searchField("")}
	shown.choose(clients, asked)
	query.ClientID = shown.clientOf(clients)
	if shown.span.length > 0 {
		query.Since = v.Now.Add(-shown.span.length)
	}
	if shown.Client.Problem == "" {
		failures, err := m.Reports.FailedRequests(r.Context(), v.Actor, productID, query)
		if err != nil {
			m.Desk.Fail(w, r, v, err)
			return
		}
		shown.turn(failures, query)
		shown.List = faults(failures[:min(len(failures), requestsShown)], clients)
	}
	m.pages.Render(w, v, http.StatusOK, shown)
}

// choose fills in the ways to narrow the list.
func (p *Requests) choose(clients []dialtone.Client, asked url.Values) {
	p.query = strings.TrimSpace(asked.Get("client"))
	p.Client = desk.Field{Name: "client", Label: "Client", Type: "search", Value: p.query, Most: 200, Optional: true, Hint: "A part of its description, or its id. Empty: all clients."}
	called := make(map[string]int)
	for _, client := range clients {
		called[nameOf(client)]++
	}
	for _, client := range clients {
		choice := Choice{client.ID, nameOf(client), nameOf(client)}
		if called[choice.Name] > 1 {
			choice.Value = client.ID
		}
		p.Clients = append(p.Clients, choice)
	}
	for _, s := range spans {
		if s.name == asked.Get("span") {
			p.span = s
		}
	}
	for _, s := range spans {
		other := *p
		other.span = s
		p.Spans = append(p.Spans, desk.Tab{Link: desk.Link{Words: s.words, Address: other.at(url.Values{})}, Current: s.name == p.span.name})
	}
}

// clientOf is the id of the client that was typed; empty for all. What fits several clients, or none, is said at the field.
func (p *Requests) clientOf(clients []dialtone.Client) string {
	const offered = 10
	if p.query == "" {
		return ""
	}
	var fit []Choice
	for i, client := range clients {
		choice := p.Clients[i]
		if client.ID == p.query || choice.Value == p.query {
			return client.ID
		}
		if strings.Contains(strings.ToLower(choice.Name+" "+choice.ID), strings.ToLower(p.query)) {
			fit = append(fit, choice)
		}
	}
	if len(fit) == 1 {
		return fit[0].ID
	}
	p.Client.Problem = "No client of the product has this in its description or id."
	if len(fit) > 1 {
		p.Client.Problem = fmt.Sprintf("%d clients have this in their description or id. Choose one below, or type more.", len(fit))
	}
	for _, choice := range fit[:min(len(fit), offered)] {
		other := *p
		other.query = choice.ID
		p.Chosen = append(p.Chosen, desk.Link{Words: choice.Name, Address: other.at(url.Values{})})
	}
	return ""
}

// turn sets the ways to the other pages.
func (p *Requests) turn(failures []traffic.Failure, query traffic.FailureQuery) {
	if !query.Before.IsZero() {
		p.First = p.at(url.Values{})
	}
	if len(failures) > requestsShown {
		last := failures[requestsShown-1]
		p.Next = p.at(url.Values{"before": {strconv.FormatInt(last.At.UnixMicro(), 10)}, "after": {last.ID}})
	}
}

// faults puts the requests together that had the same fault, in the order of the newest of each.
func faults(failures []traffic.Failure, clients []dialtone.Client) []Fault {
	type kind struct{ endpoint, code, description string }
	at := make(map[kind]int)
	var list []Fault
	for _, failure := range failures {
		k := kind{failure.Endpoint, failure.Code, failure.Description}
		i, there := at[k]
		if !there {
			i, at[k] = len(list), len(list)
			list = append(list, Fault{})
		}
		gone := !slices.ContainsFunc(clients, func(c dialtone.Client) bool { return c.ID == failure.ClientID })
		list[i].Requests = append(list[i].Requests, Request{failure, clientName(clients, failure.ClientID), gone})
	}
	return list
}

// at is the address of a page of the list.
func (p *Requests) at(query url.Values) string {
	if p.query != "" {
		query.Set("client", p.query)
	}
	if p.span.name != "" {
		query.Set("span", p.span.name)
	}
	if len(query) == 0 {
		return p.Address
	}
	return p.Address + "?" + query.Encode()
}

// readQuery reads which part of the list an address wants. Error: ErrInvalid.
func readQuery(asked url.Values) (traffic.FailureQuery, error) {
	q := traffic.FailureQuery{BeforeID: asked.Get("after"), Limit: requestsShown + 1}
	if text := asked.Get("before"); text != "" {
		micros, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return q, dialtone.ErrInvalid
		}
		q.Before = time.UnixMicro(micros).UTC()
	}
	return q, nil
}

func nameOf(c dialtone.Client) string { return cmp.Or(c.Description, c.ID) }

// clientName is how a client is called, or its id if it is gone.
func clientName(clients []dialtone.Client, id string) string {
	for _, client := range clients {
		if client.ID == id {
			return nameOf(client)
		}
	}
	return id
}
