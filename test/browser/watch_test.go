package browser

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// watch is what a tab's browser told about it.
type watch struct {
	mu        sync.Mutex
	origins   []string // where requests may go
	documents []string // requested pages, "METHOD address"
	shown     []string // addresses of the pages that the tab really showed
	scripts   []string
	faults    []string
}

// see takes one event. It runs in the loop that reads from the browser, so it only takes notes.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.request(e)
	case *page.EventFrameNavigated:
		if e.Frame.ParentID == "" {
			w.shown = append(w.shown, e.Frame.URL)
		}
	case *runtime.EventExceptionThrown:
		w.fault("a script failed: %s %s", e.ExceptionDetails.Text, e.ExceptionDetails.URL)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			w.fault("console.%s was called", e.Type)
		}
	case *log.EventEntryAdded:
		w.entry(e.Entry)
	case *audits.EventIssueAdded:
		if csp := e.Issue.Details.ContentSecurityPolicyIssueDetails; csp != nil {
			w.fault("the policy's %s was violated by %q", csp.ViolatedDirective, csp.BlockedURL)
		}
	}
}

func (w *watch) request(e *network.EventRequestWillBeSent) {
	address := e.Request.URL
	inside := strings.HasPrefix(address, "data:") // Chromium's own picture in a date field, for one
	if !inside && !slices.ContainsFunc(w.origins, func(origin string) bool { return strings.HasPrefix(address, origin+"/") }) {
		w.fault("a request went to %s", address)
	}
	switch e.Type {
	case network.ResourceTypeDocument:
		w.documents = append(w.documents, e.Request.Method+" "+address)
	case network.ResourceTypeScript:
		w.scripts = append(w.scripts, address)
	}
}

// entry takes a line of the console. That a page itself came with a status of 400 or more is said there, too, and no fault:
// a wrong PIN does.
func (w *watch) entry(e *log.Entry) {
	if e.Level != log.EntryLevelError && e.Level != log.EntryLevelWarning {
		return
	}
	if strings.HasPrefix(e.Text, "Failed to load resource: the server responded with a status of 4") &&
		slices.ContainsFunc(w.documents, func(d string) bool { return strings.HasSuffix(d, " "+e.URL) }) {
		return
	}
	w.fault("the console says: %s (%s)", e.Text, e.URL)
}

func (w *watch) fault(format string, values ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, values...))
}

// take returns the faults until now and forgets them.
func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	faults := w.faults
	w.faults = nil
	return faults
}

// pages returns the addresses of the pages that the tab showed until now, and forgets them.
func (w *watch) pages() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	shown := w.shown
	w.shown = nil
	return shown
}

// asked reports whether a page was requested by this method at an address that begins so.
func (w *watch) asked(method, prefix string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.documents, func(d string) bool { return strings.HasPrefix(d, method+" "+prefix) })
}

func (w *watch) scriptsRequested() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.scripts)
}
