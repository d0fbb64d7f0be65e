package main

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/written"
)

// configFile is the file that --config names. Its keys are the names of flags, and sms-routes, which is too deep for a flag.
// It gives way to the environment, which gives way to flags.
type configFile struct {
	options map[string]written.Field
	routes  map[string]message.HTTPConfig
}

const smsRoutesKey = "sms-routes"

// load is a kong.ConfigurationLoader.
func (f *configFile) load(r io.Reader) (kong.Resolver, error) {
	name := "configuration file"
	if named, ok := r.(interface{ Name() string }); ok {
		name = named.Name()
	}
	content, err := io.ReadAll(io.LimitReader(r, written.Largest+1))
	if err != nil {
		return nil, err
	}
	top, err := written.Read(name, content)
	if err != nil {
		return nil, err
	}
	fields, err := top.Fields()
	if err != nil {
		return nil, err
	}
	f.options = make(map[string]written.Field, len(fields))
	for _, field := range fields {
		if field.Key != smsRoutesKey {
			f.options[field.Key] = field
		} else if err := field.Into(&f.routes); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Validate refuses a key that no command has as a flag, since a misspelt option must not be ignored, and a value that is not
// written as its option's type is.
func (f *configFile) Validate(app *kong.Application) error {
	flags := make(map[string]*kong.Flag)
	known := []string{smsRoutesKey}
	var collect func(node *kong.Node)
	collect = func(node *kong.Node) {
		for _, flag := range node.Flags {
			known = append(known, flag.Name)
			flags[flag.Name] = flag
		}
		for _, child := range node.Children {
			collect(child)
		}
	}
	collect(app.Node)
	for key, field := range f.options {
		flag, there := flags[key]
		if !there {
			hint := "see 'dialtone serve --help'"
			if near := written.Nearest(key, known); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return field.At.Fault("there is no option %q; %s", key, hint)
		}
		if err := asWritten(field.Value, flag.Target.Type()); err != nil {
			return err
		}
	}
	return nil
}

// network is a kong.MapperFunc for networks. What would have to be guessed is refused with the right writing.
func network(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("network", &text); err != nil {
		return err
	}
	prefix, err := netip.ParsePrefix(text)
	if address, notPrefix := netip.ParseAddr(text); err != nil && notPrefix == nil {
		return fmt.Errorf("%s is one address: write %s for it alone", text, netip.PrefixFrom(address, address.BitLen()))
	}
	switch {
	case err != nil:
		return fmt.Errorf("%q is no network: write it as 10.0.0.0/8 or fd00::/8", text)
	case prefix.Masked() != prefix:
		return fmt.Errorf("%s is an address within a network: write %s", text, prefix.Masked())
	}
	target.Set(reflect.ValueOf(prefix))
	return nil
}

// asWritten says whether a value is written as one of the type: a text in quotes where it would be something else without, a
// length of time with its unit.
func asWritten(v *written.Value, t reflect.Type) error {
	if v.Null() {
		return v.Fault("%s has no value: write one, or take the line away", v.Name)
	}
	var err error
	switch {
	case t == reflect.TypeFor[time.Duration]():
		_, err = v.Duration()
	case t.Kind() == reflect.Bool:
		_, err = v.Bool()
	case t.Kind() == reflect.Int:
		_, err = v.Int()
	case t.Kind() == reflect.Slice:
		if items, ok := v.Items(); ok {
			for _, item := range items {
				if _, err := item.Text(); err != nil {
					return err
				}
			}
			return nil
		}
		_, err = v.Text()
	case t == reflect.TypeFor[string]():
		_, err = v.Text()
	default:
		_, err = v.Hidden() // a type of its own holds a secret
	}
	return err
}

// Resolve gives the file's value of a flag as it is written, which is how kong gets the environment's, unless the environment has
// one: kong asks resolvers after the environment.
func (f *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, ok := os.LookupEnv(name); ok {
			return nil, nil
		}
	}
	field, there := f.options[flag.Name]
	if !there {
		return nil, nil
	}
	if err := asWritten(field.Value, flag.Target.Type()); err != nil {
		return nil, err
	}
	items, list := field.Items()
	if !list {
		text, _ := field.Scalar()
		return text, nil
	}
	var texts []string
	for _, item := range items {
		text, _ := item.Scalar()
		texts = append(texts, text)
	}
	return strings.Join(texts, ","), nil
}
