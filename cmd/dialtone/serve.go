package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/dialtone-id/dialtone/internal/server"
)

type serveCommand struct{ server.Config }

// collectAt lets the heap, which is some ten megabytes here, grow further between collections than Go's default of 100 %: an
// answer makes little garbage and keeps none. GOGC in the environment wins.
const collectAt = 200

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, t terminal, file *configFile) error {
	outlive()
	c.SMSRoutes = file.routes
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	log := newLog(t.Err, c.LogFormat, c.LogLevel)
	defer log.close()
	node, err := server.New(ctx, c.Config, log.Logger)
	if err != nil {
		return err
	}
	defer onHangUp(func() { c.reload(node, log, t.args) })()
	return node.Run(ctx, func() {})
}

// reload reads anew what can change while the node runs, and names in the log what cannot.
func (c *serveCommand) reload(node *server.Server, log runningLog, args []string) {
	again, flags, err := readAgain(args)
	if err != nil {
		log.Error("SIGHUP: keeping the configuration: it cannot be read", "error", err)
	} else {
		log.setLevel(again.LogLevel)
		if changed := c.restartFor(&again.Config, flags); len(changed) > 0 {
			log.Warn("SIGHUP: these options have changed, and need a new start", "options", changed)
		}
	}
	node.ReadCertificates()
}

// readAgain parses the same command line with what file and environment say now. The flags point into what it returns.
func readAgain(args []string) (*serveCommand, []*kong.Flag, error) {
	var again program
	file := new(configFile)
	parser, err := newParser(&again, file, io.Discard, io.Discard)
	if err != nil {
		return nil, nil, err
	}
	parser.Exit = func(int) {}
	command, err := parser.Parse(args)
	if err != nil {
		return nil, nil, err
	}
	again.Serve.SMSRoutes = file.routes
	return &again.Serve, command.Selected().Flags, nil
}

// restartFor returns the names of the options that differ and are read at the start only.
func (c *serveCommand) restartFor(now *server.Config, flags []*kong.Flag) []string {
	now.LogLevel = c.LogLevel
	return changedOptions(reflect.ValueOf(&c.Config).Elem(), reflect.ValueOf(now).Elem(), flags)
}

// changedOptions names the fields in which two structs differ as the flags call them that point to those of now. It tells no
// values, which may be secret.
func changedOptions(before, now reflect.Value, flags []*kong.Flag) []string {
	var names []string
	for i := range before.NumField() {
		switch {
		case before.Field(i).Kind() == reflect.Struct:
			names = append(names, changedOptions(before.Field(i), now.Field(i), flags)...)
		case !reflect.DeepEqual(before.Field(i).Interface(), now.Field(i).Interface()):
			names = append(names, optionOf(now.Field(i), flags))
		}
	}
	return names
}

// optionOf is what the configuration file calls a field.
func optionOf(field reflect.Value, flags []*kong.Flag) string {
	for _, flag := range flags {
		if flag.Target.Addr().Interface() == field.Addr().Interface() {
			return flag.Name
		}
	}
	return smsRoutesKey // the one that is no flag
}

type versionCommand struct{}

// Run prints the version that the binary was built from.
func (versionCommand) Run(t terminal) error {
	_, err := fmt.Fprintln(t.Out, "dialtone", version())
	return err
}

func version() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision := ""
	for _, setting := range build.Settings {
		if setting.Key == "vcs.revision" {
			revision = " " + setting.Value
		}
	}
	return build.Main.Version + revision + " " + build.GoVersion
}
