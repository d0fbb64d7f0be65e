package browsers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// marionette is the wire to Firefox itself. Firefox speaks WebDriver by a socket of its own, and Debian has no geckodriver, which
// would translate: a message is its length, a colon and JSON; a command is [0, number, name, arguments], an answer
// [1, number, error, result].
type marionette struct {
	socket net.Conn
	from   *bufio.Reader
	number int
}

// connectMarionette starts a session at the Firefox of the profile, once that has written its port there.
func connectMarionette(profile string) (*marionette, error) {
	var socket net.Conn
	if err := eventually(startPatience, func() error {
		port, err := os.ReadFile(filepath.Join(profile, "MarionetteActivePort"))
		if err != nil {
			return err
		}
		socket, err = net.Dial("tcp", "127.0.0.1:"+strings.TrimSpace(string(port)))
		return err
	}); err != nil {
		return nil, err
	}
	m := &marionette{socket: socket, from: bufio.NewReader(socket)}
	if _, err := m.receive(); err != nil { // what it is
		socket.Close()
		return nil, err
	}
	if _, err := m.do("NewSession", nil); err != nil {
		socket.Close()
		return nil, err
	}
	return m, nil
}

func (m *marionette) do(command string, arguments map[string]any) (json.RawMessage, error) {
	if arguments == nil {
		arguments = map[string]any{}
	}
	m.number++
	sent, err := json.Marshal([]any{0, m.number, "WebDriver:" + command, arguments})
	if err != nil {
		return nil, err
	}
	if err := m.socket.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(m.socket, "%d:%s", len(sent), sent); err != nil {
		return nil, err
	}
	message, err := m.receive()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	var answer [4]json.RawMessage
	if err := json.Unmarshal(message, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	if number := string(answer[1]); number != strconv.Itoa(m.number) {
		return nil, fmt.Errorf("%s: number %s was answered, not %d", command, number, m.number)
	}
	var refused *refusal
	if err := json.Unmarshal(answer[2], &refused); err != nil {
		return nil, fmt.Errorf("%s: %w", command, err)
	}
	if refused != nil {
		return nil, fmt.Errorf("%s: %w", command, refused)
	}
	result := answer[3]
	// Commands that return one thing wrap it, as the HTTP binding does for all.
	var wrapped struct{ Value json.RawMessage }
	if err := json.Unmarshal(result, &wrapped); err == nil && wrapped.Value != nil {
		return wrapped.Value, nil
	}
	return result, nil
}

func (m *marionette) receive() (json.RawMessage, error) {
	length, err := m.from.ReadString(':')
	if err != nil {
		return nil, err
	}
	size, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
	if err != nil {
		return nil, err
	}
	message := make([]byte, size)
	_, err = io.ReadFull(m.from, message)
	return message, err
}
