package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/server"
)

type applyCommand struct {
	server.Storage
	File        string `arg:"" optional:"" help:"YAML file, or - for the standard input." placeholder:"FILE"`
	Credentials string `help:"File (mode 0600) to which the secrets of new clients go as JSON, once: only their hashes are kept." type:"path" placeholder:"FILE"`
	Example     bool   `help:"Print a file with every key, explained, and do nothing."`
}

//go:embed example.yaml
var exampleDocument string

// Run applies the file.
func (c *applyCommand) Run(ctx context.Context, t terminal) error {
	switch {
	case c.Example:
		_, err := io.WriteString(t.Out, exampleDocument)
		return err
	case c.File == "":
		return errors.New("which file? 'dialtone apply --example' prints one to begin with")
	}
	document, err := c.read()
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	now := time.Now().UTC()
	db, _, err := c.Open(ctx, now)
	if err != nil {
		return err
	}
	if err := c.Applier(db).Apply(ctx, document, c.keep, now); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", c.File, err), db.Close())
	}
	if err := db.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.Out, "Applied %d operators, %d scopes, %d organizations, %d products, %d clients, %d subscriptions.\n",
		len(document.Operators), len(document.Scopes), len(document.Organizations), len(document.Products),
		len(document.Clients), len(document.Subscriptions))
	return err
}

func (c *applyCommand) read() (apply.Document, error) {
	if c.File == "-" {
		return apply.ParseDocument(os.Stdin)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return apply.Document{}, err
	}
	defer file.Close()
	return apply.ParseDocument(file)
}

// credentialsFile is what --credentials holds.
type credentialsFile struct {
	Clients []clientCredentials `json:"clients"`
}

type clientCredentials struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Product      string `json:"product"`
	Description  string `json:"description"`
}

// keep adds the credentials to the file. It is written to disk before it returns, so that no secret is lost.
func (c *applyCommand) keep(made []apply.Credentials) error {
	if c.Credentials == "" {
		return errors.New("name a file for them with --credentials, or give each client an id and its secret_sha256")
	}
	var file credentialsFile
	content, err := os.ReadFile(c.Credentials)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(content, &file); err != nil {
			return fmt.Errorf("%s is not a credentials file of an earlier run: %w", c.Credentials, err)
		}
	}
	for _, m := range made {
		file.Clients = slices.DeleteFunc(file.Clients, func(old clientCredentials) bool { return old.ClientID == m.ClientID })
		file.Clients = append(file.Clients, clientCredentials{
			ClientID: m.ClientID, ClientSecret: m.ClientSecret.Reveal(), Product: m.ProductID, Description: m.Description,
		})
	}
	content, err = json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return writePrivate(c.Credentials, append(content, '\n'))
}

// writePrivate replaces a file as a whole, readable by its owner only, and returns when it is on the disk.
func writePrivate(name string, content []byte) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(name), ".dialtone-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.Write(content)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
