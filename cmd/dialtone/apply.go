package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/apply"
	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/server"
)

type applyCommand struct {
	server.Storage
	File             string `arg:"" optional:"" help:"YAML file, or - for the standard input." placeholder:"FILE"`
	DryRun           bool   `help:"Print what would be done and change nothing. Exit status: 0 if there is nothing to do, 2 if there is, 3 if the file is refused."`
	DetailedExitCode bool   `help:"End with 2 instead of 0 when something was changed, as --dry-run does."`
	Credentials      string `help:"File (mode 0600) to which the secrets of new clients go as JSON, once: only their hashes are kept." type:"path" placeholder:"FILE"`
	Example          bool   `help:"Print a file with every key, explained, and do nothing."`
}

// The exit statuses of apply, beside 0 and the 1 of every failure.
const (
	exitChanged = 2 // there is something to do, or it was done
	exitRefused = 3 // the file is refused, and nothing was changed
)

//go:embed example.yaml
var exampleDocument string

// Run applies the file.
func (c *applyCommand) Run(ctx context.Context, t terminal, file *configFile) error {
	switch {
	case c.Example:
		_, err := io.WriteString(t.Out, exampleDocument)
		return err
	case c.File == "":
		return errors.New("which file? 'dialtone apply --example' prints one to begin with")
	}
	document, err := c.read()
	if err != nil {
		return refused(err)
	}
	now := time.Now().UTC()
	db, _, err := c.Open(ctx, now)
	if err != nil {
		return err
	}
	applier := c.Applier(db)
	if len(file.routes) > 0 {
		applier.Routes = slices.Sorted(maps.Keys(file.routes))
	}
	err = c.run(ctx, applier, document, t.Out, now)
	return errors.Join(err, db.Close())
}

// run plans, and unless it is a dry run does, what the document says.
func (c *applyCommand) run(ctx context.Context, applier apply.Applier, document apply.Document, out io.Writer, now time.Time) error {
	plan, err := applier.Plan(ctx, document, now)
	if err != nil {
		return refused(err)
	}
	if plan.NewSecrets() > 0 {
		if _, err := c.readCredentials(); err != nil {
			return refused(err)
		}
	}
	print := printer{out: out}
	if c.DryRun {
		for _, item := range plan.Items {
			print.item(item)
		}
	} else if err := plan.Run(ctx, c.keep, func(item apply.Item) error { print.item(item); return print.err }, now); err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	print.sum(plan, c.DryRun)
	if print.err == nil && plan.Changes() && (c.DryRun || c.DetailedExitCode) {
		return exitStatus(exitChanged)
	}
	return print.err
}

// refused makes an error end the command with its own status, if it is the file's.
func refused(err error) error {
	if errors.Is(err, dialtone.ErrInvalid) || errors.Is(err, errNoCredentials) {
		return errors.Join(err, exitStatus(exitRefused))
	}
	return err
}

func (c *applyCommand) read() (apply.Document, error) {
	if c.File == "-" {
		return apply.Parse("standard input", os.Stdin)
	}
	file, err := os.Open(c.File)
	if err != nil {
		return apply.Document{}, err
	}
	defer file.Close()
	return apply.Parse(c.File, file)
}

// printer prints items; after an error it prints nothing more.
type printer struct {
	out    io.Writer
	err    error
	counts map[apply.State]int
}

func (p *printer) item(item apply.Item) {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%s %s: %s\n", item.Noun, item.Name, item.State)
	for _, change := range item.Changes {
		value := change.New
		switch {
		case value == "" && item.State != apply.Created:
			value = "(emptied, was " + change.Old + ")"
		case item.State != apply.Created && change.Old != "":
			value = change.Old + " → " + value
		}
		fmt.Fprintf(&text, "  %s: %s\n", change.Field, value)
		if change.Risk != "" {
			fmt.Fprintf(&text, "    ! %s\n", change.Risk)
		}
	}
	p.write(text.String())
	if p.counts == nil {
		p.counts = make(map[apply.State]int)
	}
	p.counts[item.State]++
}

func (p *printer) sum(plan apply.Plan, dry bool) {
	for _, note := range plan.Notes {
		p.write("note: " + note + "\n")
	}
	counts := fmt.Sprintf("%d created, %d changed, %d unchanged", p.counts[apply.Created], p.counts[apply.Changed], p.counts[apply.Unchanged])
	switch {
	case !plan.Changes():
		p.write("Nothing to do: " + counts + ".\n")
	case dry:
		p.write("Dry run, nothing was changed. It would be: " + counts + ".\n")
	default:
		p.write("Applied: " + counts + ".\n")
	}
}

func (p *printer) write(text string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.out, text)
	}
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

var errNoCredentials = errors.New("new clients need secrets: name a file for them with --credentials, or give each client an id and its secret_sha256")

// readCredentials reads the file of an earlier run, if there is one: it is looked at before anything is written.
func (c *applyCommand) readCredentials() (credentialsFile, error) {
	var file credentialsFile
	if c.Credentials == "" {
		return file, errNoCredentials
	}
	content, err := os.ReadFile(c.Credentials)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return file, nil
	case err != nil:
		return file, err
	}
	if err := json.Unmarshal(content, &file); err != nil {
		return file, fmt.Errorf("%s is not a credentials file of an earlier run: %w", c.Credentials, err)
	}
	return file, nil
}

// keep adds the credentials to the file. It is written to disk before it returns, so that no secret is lost.
func (c *applyCommand) keep(made []apply.Credentials) error {
	file, err := c.readCredentials()
	if err != nil {
		return err
	}
	for _, m := range made {
		file.Clients = slices.DeleteFunc(file.Clients, func(old clientCredentials) bool { return old.ClientID == m.ClientID })
		file.Clients = append(file.Clients, clientCredentials{
			ClientID: m.ClientID, ClientSecret: m.ClientSecret.Reveal(), Product: m.ProductID, Description: m.Description,
		})
	}
	content, err := json.MarshalIndent(file, "", "  ")
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
