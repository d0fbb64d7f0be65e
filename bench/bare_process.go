package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// bareCommand is the first argument that makes this program the bare server.
const bareCommand = "bare"

// startBareServer starts the bare server in a process of its own. It answers each step in the given size.
func startBareServer(folder, database string, sizes map[step]size) (*process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	answers, err := json.Marshal(sizes)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	command := exec.Command(program, bareCommand, "-listen", address, "-database", database, "-answers", string(answers))
	return startProcess(command, address, filepath.Join(folder, "bare.log"))
}

// runBare is that process. It serves until ctx ends.
func runBare(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("bench bare", flag.ContinueOnError)
	address := flags.String("listen", "127.0.0.1:0", "where it listens")
	database := flags.String("database", "", "an empty database, sqlite:FILE or postgres://…")
	answers := flags.String("answers", "{}", "JSON: how long the answer of each step is")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	var sizes map[step]size
	if err := json.Unmarshal([]byte(*answers), &sizes); err != nil {
		return err
	}
	db, err := openBareDB(ctx, *database)
	if err != nil {
		return err
	}
	handler, err := newBare(db, sizes)
	if err != nil {
		return errors.Join(err, db.close())
	}
	server := &http.Server{Addr: *address, Handler: handler, ReadHeaderTimeout: patience}
	context.AfterFunc(ctx, func() {
		draining, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(draining) // what is not answered by then is not measured either
	})
	if err = server.ListenAndServe(); errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, db.close())
}
