package main

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// program is the dialtone binary with the files that it needs, in a folder of this run.
type program struct {
	folder   string
	binary   string
	size     int64 // of the binary, in bytes
	profiled bool
}

// profiler is one more file of the command, for a profiled build only: a server that people sign in to offers no profiles.
//
//go:embed profiler.go.txt
var profiler []byte

// profilerVariable tells the profiler where to listen.
const profilerVariable = "DIALTONE_BENCH_PROFILER"

// buildProgram builds ./cmd/dialtone as it is released, and makes its root key and the document for apply.
func buildProgram(ctx context.Context, folder string, profiled bool) (program, error) {
	p := program{folder: folder, binary: filepath.Join(folder, "dialtone"), profiled: profiled}
	arguments := []string{"build", "-trimpath", "-ldflags=-s -w", "-o", p.binary}
	if profiled {
		overlay, err := p.overlay()
		if err != nil {
			return p, err
		}
		arguments = append(arguments, "-overlay", overlay)
	}
	if output, err := exec.CommandContext(ctx, "go", append(arguments, "./cmd/dialtone")...).CombinedOutput(); err != nil {
		return p, fmt.Errorf("build dialtone: %w\n%s", err, output)
	}
	file, err := os.Stat(p.binary)
	if err != nil {
		return p, err
	}
	p.size = file.Size()
	rootKey, err := p.output(ctx, "keys", "root")
	if err != nil {
		return p, err
	}
	if err := os.WriteFile(p.path("root.key"), []byte(rootKey), 0o600); err != nil {
		return p, err
	}
	return p, os.WriteFile(p.path("apply.yaml"), []byte(document()), 0o600)
}

// overlay adds the profiler to the command's files without touching the folder (go help build, -overlay).
func (p program) overlay() (string, error) {
	added, err := filepath.Abs(filepath.Join("cmd", "dialtone", "bench_profiler.go"))
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(p.path("profiler.go"), profiler, 0o600); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{added: p.path("profiler.go")}})
	if err != nil {
		return "", err
	}
	return p.path("overlay.json"), os.WriteFile(p.path("overlay.json"), overlay, 0o600)
}

func (p program) path(name string) string { return filepath.Join(p.folder, name) }

// output runs a subcommand to its end and returns what it printed.
func (p program) output(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, p.binary, arguments...)
	var complaints strings.Builder
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("dialtone %s: %w\n%s", arguments[0], err, complaints.String())
	}
	return string(output), nil
}

// document registers the products, each with a client that brings its secret's hash.
func document() string {
	sum := sha256.Sum256([]byte(clientSecret))
	var d strings.Builder
	d.WriteString("organizations: [{id: bench, name: Benchmark}]\nproducts:\n")
	for i := range products {
		fmt.Fprintf(&d, "  - id: product-%d\n    organization: bench\n    name: Product %d\n", i, i)
		d.WriteString("    scopes: [{name: openid}, {name: phone}, {name: offline_access}]\n")
		d.WriteString("    listing: [{operator: sandbox, state: enabled}]\n")
	}
	d.WriteString("clients:\n")
	for i := range products {
		fmt.Fprintf(&d, "  - id: %s\n    product: product-%d\n    description: Client %d\n", clientID(i), i, i)
		fmt.Fprintf(&d, "    redirect_uris: [%q]\n    secret_sha256: %s\n", redirectURI, hex.EncodeToString(sum[:]))
	}
	return d.String()
}

// register brings the products and clients into an empty database.
func (p program) register(ctx context.Context, database string) error {
	_, err := p.output(ctx, "apply", p.path("apply.yaml"), "--database", database, "--root-key-file", p.path("root.key"))
	return err
}

// serve starts the server with its default settings, but for the limit that a load test runs into.
func (p program) serve(database string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	command := exec.Command(p.binary, "serve",
		"--issuer", "http://"+address, "--identity-listen", address, "--database", database, "--root-key-file", p.path("root.key"),
		"--sandbox-sends-per-hour", "0")
	var profile string
	if p.profiled {
		if profile, err = freeAddress(); err != nil {
			return nil, err
		}
		command.Env = append(os.Environ(), profilerVariable+"="+profile)
	}
	running, err := startProcess(command, address, p.path("serve.log"))
	if err != nil {
		return nil, err
	}
	running.profile = profile
	return running, nil
}
