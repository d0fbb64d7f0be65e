package traffic

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/traffic"
	"github.com/dialtone-id/dialtone/internal/web/desk"
)

// Requests lists a product's refused requests, the newest first.
type Requests struct {
	desk.Shell
	Address string // of this page
	Search  desk.Field
	Clients []Choice
	Client  string // whose are shown; empty: all
	List    []Request
	First   string // address of the newest; empty: these are them
	Next    string // of older ones; empty: there are none
}

// Choice is a client to choose.
type Choice struct{ ID, Name string }

// Request is one refused request, for reading.
type Request struct {
	traffic.Failure
	ClientName string
}

// requestsShown on one page.
const requestsShown = 50

// ShowRequests lists refused requests: ?client= chooses one client's, ?before= and ?after= of a request turn the page.
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
	failures, err := m.Reports.FailedRequests(r.Context(), v.Actor, productID, query)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	frame, err := m.shell(r, v, product, tabRequests)
	if err != nil {
		m.Desk.Fail(w, r, v, err)
		return
	}
	shown := &Requests{
		Shell: frame, Address: "/products/" + productID + "/" + tabRequests, Search: searchField(""), Client: query.ClientID,
	}
	for _, client := range clients {
		shown.Clients = append(shown.Clients, Choice{client.ID, nameOf(client)})
	}
	for _, failure := range failures {
		shown.List = append(shown.List, Request{failure, clientName(clients, failure.ClientID)})
	}
	if !query.Before.IsZero() {
		shown.First = shown.at(url.Values{})
	}
	if len(shown.List) > requestsShown {
		shown.List = shown.List[:requestsShown]
		last := shown.List[requestsShown-1]
		shown.Next = shown.at(url.Values{"before": {strconv.FormatInt(last.At.UnixMicro(), 10)}, "after": {last.ID}})
	}
	m.pages.Render(w, v, http.StatusOK, shown)
}

// at is the address of a page of the list.
func (p *Requests) at(query url.Values) string {
	if p.Client != "" {
		query.Set("client", p.Client)
	}
	if len(query) == 0 {
		return p.Address
	}
	return p.Address + "?" + query.Encode()
}

// readQuery reads which part of the list an address wants. Error: ErrInvalid.
func readQuery(asked url.Values) (traffic.FailureQuery, error) {
	q := traffic.FailureQuery{ClientID: asked.Get("client"), BeforeID: asked.Get("after"), Limit: requestsShown + 1}
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
