package main

import (
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/message"
)

// configFile is the file that --config names. Its keys are the names of flags, and sms-routes, which is too deep for a flag.
// It gives way to the environment, which gives way to flags.
type configFile struct {
	options map[string]any
	routes  map[string]message.HTTPConfig
}

const smsRoutesKey = "sms-routes"

// load is a kong.ConfigurationLoader.
func (f *configFile) load(r io.Reader) (kong.Resolver, error) {
	content, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(content, &f.options); err != nil {
		return nil, badYAML(err)
	}
	// Marked off by its path, so that an error in it still names its line.
	routes, err := yaml.PathString("$." + smsRoutesKey)
	if err != nil {
		return nil, err
	}
	document, err := parser.ParseBytes(content, 0)
	if err != nil {
		return nil, badYAML(err)
	}
	node, err := routes.FilterFile(document)
	switch {
	case yaml.IsNotFoundNodeError(err):
		return f, nil
	case err != nil:
		return nil, badYAML(err)
	}
	if err := yaml.NodeToValue(node, &f.routes, yaml.Strict()); err != nil {
		return nil, badYAML(err)
	}
	return f, nil
}

// badYAML leaves out the source, which may hold secrets: an error is logged.
func badYAML(err error) error {
	return fmt.Errorf("%w YAML: %s", dialtone.ErrInvalid, yaml.FormatError(err, false, false))
}

// Validate refuses a key that no command has as a flag: a misspelt option must not be ignored.
func (f *configFile) Validate(app *kong.Application) error {
	known := []string{smsRoutesKey}
	var collect func(node *kong.Node)
	collect = func(node *kong.Node) {
		for _, flag := range node.Flags {
			known = append(known, flag.Name)
		}
		for _, child := range node.Children {
			collect(child)
		}
	}
	collect(app.Node)
	for key := range f.options {
		if !slices.Contains(known, key) {
			return fmt.Errorf("configuration file: %w: there is no option %q; see 'dialtone serve --help'", dialtone.ErrInvalid, key)
		}
	}
	return nil
}

// Resolve gives the file's value of a flag, unless the environment has one: kong asks resolvers after the environment.
func (f *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	return f.options[flag.Name], nil
}
