package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/dialtone-id/dialtone/internal/server"
)

type serveCommand struct{ server.Config }

// collectAt lets the heap, which is some ten megabytes here, grow further between collections than Go's default of 100 %: an
// answer makes little garbage and keeps none. GOGC in the environment wins.
const collectAt = 200

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, t terminal, file *configFile) error {
	c.SMSRoutes = file.routes
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	node, err := server.New(ctx, c.Config, newLog(t.Err, c.LogFormat, c.LogLevel))
	if err != nil {
		return err
	}
	return node.Run(ctx, func() {})
}

func newLog(w io.Writer, format, level string) *slog.Logger {
	options := &slog.HandlerOptions{}
	var parsed slog.Level
	if err := parsed.UnmarshalText([]byte(level)); err == nil {
		options.Level = parsed
	}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
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
