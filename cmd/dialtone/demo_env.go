package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
)

// envName is the file with what a program or a shell needs to use the demo: NAME=value lines, with nothing in the values that
// a shell would have to be protected from.
func (d demo) envName() string { return filepath.Join(d.folder, "demo.env") }

// openClientSecret takes the client's secret from the demo.env of an earlier start, or makes one.
func (d *demo) openClientSecret() error {
	content, err := os.ReadFile(d.envName())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "CLIENT_SECRET="); ok && value != "" {
			d.clientSecret = secret.Text(value)
			return nil
		}
	}
	d.clientSecret = secret.Token(token.PrefixClientSecret)
	return nil
}

// writeEnv writes demo.env, readable by its owner only: it keeps the client's secret for the next start.
func (d demo) writeEnv() error {
	var content bytes.Buffer
	for _, pair := range d.env() {
		fmt.Fprintf(&content, "%s=%s\n", pair[0], pair[1])
	}
	return writePrivate(d.envName(), content.Bytes())
}
