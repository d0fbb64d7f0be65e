package browsers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// wire carries commands of W3C WebDriver to a browser. A command has the name that the specification gives it, without spaces.
type wire interface {
	do(command string, arguments map[string]any) (json.RawMessage, error)
}

// endpoints are the commands that the stories use (W3C WebDriver §6.3).
var endpoints = map[string]struct{ method, path string }{
	"NewSession":      {http.MethodPost, "/session"},
	"SetWindowRect":   {http.MethodPost, "/session/{session}/window/rect"},
	"Navigate":        {http.MethodPost, "/session/{session}/url"},
	"GetCurrentURL":   {http.MethodGet, "/session/{session}/url"},
	"Back":            {http.MethodPost, "/session/{session}/back"},
	"Forward":         {http.MethodPost, "/session/{session}/forward"},
	"Refresh":         {http.MethodPost, "/session/{session}/refresh"},
	"NewWindow":       {http.MethodPost, "/session/{session}/window/new"},
	"GetWindowHandle": {http.MethodGet, "/session/{session}/window"},
	"SwitchToWindow":  {http.MethodPost, "/session/{session}/window"},
	"FindElement":     {http.MethodPost, "/session/{session}/element"},
	"ElementClick":    {http.MethodPost, "/session/{session}/element/{id}/click"},
	"ElementClear":    {http.MethodPost, "/session/{session}/element/{id}/clear"},
	"ElementSendKeys": {http.MethodPost, "/session/{session}/element/{id}/value"},
	"ExecuteScript":   {http.MethodPost, "/session/{session}/execute/sync"},
	"TakeScreenshot":  {http.MethodGet, "/session/{session}/screenshot"},
}

// elementKey is the name by which an element's id travels (W3C WebDriver §11).
const elementKey = "element-6066-11e4-a52e-4f735466cecf"

// refusal is a command that the browser could not do.
type refusal struct {
	Code    string `json:"error"`
	Message string `json:"message"`
}

func (r *refusal) Error() string {
	first, _, _ := strings.Cut(r.Message, "\n")
	return r.Code + ": " + first
}

// overHTTP is the wire to a program such as chromedriver.
type overHTTP struct {
	address string
	session string
	client  http.Client
}

// connect starts a session at a driver, once that takes connections.
func connect(address string, capabilities map[string]any) (*overHTTP, error) {
	w := &overHTTP{address: address, client: http.Client{Timeout: time.Minute}}
	if err := eventually(startPatience, func() error {
		answer, err := w.client.Get(address + "/status")
		if err != nil {
			return err
		}
		return answer.Body.Close()
	}); err != nil {
		return nil, err
	}
	made, err := w.do("NewSession", map[string]any{"capabilities": map[string]any{"alwaysMatch": capabilities}})
	if err != nil {
		return nil, err
	}
	var session struct {
		ID string `json:"sessionId"`
	}
	if err := json.Unmarshal(made, &session); err != nil {
		return nil, err
	}
	w.session = session.ID
	return w, nil
}

func (w *overHTTP) do(command string, arguments map[string]any) (json.RawMessage, error) {
	endpoint := endpoints[command]
	id, _ := arguments["id"].(string)
	var body io.Reader
	if endpoint.method == http.MethodPost {
		if arguments == nil {
			arguments = map[string]any{}
		}
		sent, err := json.Marshal(arguments)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(sent)
	}
	path := strings.NewReplacer("{session}", w.session, "{id}", id).Replace(endpoint.path)
	request, err := http.NewRequest(endpoint.method, w.address+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := w.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	var said struct{ Value json.RawMessage }
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		return nil, fmt.Errorf("%s: status %d: %w", command, answer.StatusCode, err)
	}
	if answer.StatusCode != http.StatusOK {
		refused := &refusal{}
		if err := json.Unmarshal(said.Value, refused); err != nil {
			return nil, fmt.Errorf("%s: status %d %s", command, answer.StatusCode, said.Value)
		}
		return nil, fmt.Errorf("%s: %w", command, refused)
	}
	return said.Value, nil
}

// eventually tries until it works or the patience is at its end.
func eventually(patience time.Duration, try func() error) error {
	end := time.Now().Add(patience)
	for {
		err := try()
		if err == nil || time.Now().After(end) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
