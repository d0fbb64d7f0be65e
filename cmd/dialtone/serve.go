package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"

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
	again, err := readAgain(args)
	if err != nil {
		log.Error("SIGHUP: keeping the configuration: it cannot be read", "error", err)
	} else {
		log.setLevel(again.LogLevel)
		if changed := c.restartFor(again.Config); len(changed) > 0 {
			log.Warn("SIGHUP: these options have changed, and need a new start", "options", changed)
		}
	}
	node.ReadCertificates()
}

// readAgain parses the same command line with what file and environment say now.
func readAgain(args []string) (*serveCommand, error) {
	var again program
	file := new(configFile)
	parser, err := newParser(&again, file, io.Discard, io.Discard)
	if err != nil {
		return nil, err
	}
	parser.Exit = func(int) {}
	if _, err := parser.Parse(args); err != nil {
		return nil, err
	}
	again.Serve.SMSRoutes = file.routes
	return &again.Serve, nil
}

// restartFor returns the fields of the configuration that differ and are read at the start only.
func (c *serveCommand) restartFor(now server.Config) []string {
	now.LogLevel = c.LogLevel
	return changedFields("", reflect.ValueOf(c.Config), reflect.ValueOf(now))
}

// changedFields names the fields in which two structs differ, those of structs in them with a dot. It tells no values, which may
// be secret.
func changedFields(within string, before, now reflect.Value) []string {
	var names []string
	for i := range before.NumField() {
		name := within + before.Type().Field(i).Name
		switch {
		case before.Field(i).Kind() == reflect.Struct:
			names = append(names, changedFields(name+".", before.Field(i), now.Field(i))...)
		case !reflect.DeepEqual(before.Field(i).Interface(), now.Field(i).Interface()):
			names = append(names, name)
		}
	}
	return names
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
