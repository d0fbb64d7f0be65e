// Command dialtone is the identity server and its tools.
//
//	dialtone demo        everything on this machine, nothing to set up      demo.go, demo_seed.go, walkthrough.go
//	dialtone serve       a node of a real installation                      serve.go
//	dialtone migrate     bring the database up to date                      migrate.go
//	dialtone apply       operators, products, clients … from a YAML file    apply.go
//	dialtone keys        list, rotate, make the root key                    keys.go
//	dialtone backup      copy the database while it is in use               backup.go
//	dialtone version
//
// Every option is a flag, an environment variable DIALTONE_… and a key of the file that --config names (config.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

type program struct {
	Config kong.ConfigFlag `help:"YAML file with options by their names, without the dashes in front. The environment and flags win over it." placeholder:"FILE"`

	Demo    demoCommand    `cmd:"" help:"Run everything on this machine, with nothing to set up: identity server, demo inbox and an example app."`
	Serve   serveCommand   `cmd:"" help:"Run a node."`
	Migrate migrateCommand `cmd:"" help:"Create the database's tables or bring them up to date. 'serve' does so too."`
	Apply   applyCommand   `cmd:"" help:"Create or update operators, scopes, organizations, products, clients and test subscriptions from a YAML file."`
	Keys    keysCommand    `cmd:"" help:"List and rotate keys, or make a root key."`
	Backup  backupCommand  `cmd:"" help:"Copy a SQLite database into a file, while it is in use."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	// The first signal stops in good order, the second one at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		for line := range strings.Lines(err.Error()) {
			if text := strings.TrimRight(line, "\n"); text != "" {
				fmt.Fprintln(os.Stderr, "dialtone:", text)
			}
		}
		os.Exit(status(err))
	}
}

// exitStatus ends the program with a status of its own; it says nothing.
type exitStatus int

func (exitStatus) Error() string { return "" }

// status is the exit status for an error: 1, unless the command chose one.
func status(err error) int {
	if chosen, ok := errors.AsType[exitStatus](err); ok {
		return int(chosen)
	}
	return 1
}

// terminal is where a command writes: results to Out, logs to Err.
type terminal struct {
	Out, Err io.Writer
	args     []string // the command line
}

// run parses the arguments and runs the command that they name.
func run(ctx context.Context, args []string, out, errs io.Writer) error {
	file := new(configFile)
	parser, err := newParser(new(program), file, out, errs)
	if err != nil {
		return err
	}
	exited := false
	parser.Exit = func(int) { exited = true } // kong calls it after it has printed the help
	command, err := parser.Parse(args)
	if exited {
		return nil
	}
	if err != nil {
		return err
	}
	command.BindTo(ctx, (*context.Context)(nil))
	return command.Run(terminal{Out: out, Err: errs, args: args}, file)
}

func newParser(p *program, file *configFile, out, errs io.Writer) (*kong.Kong, error) {
	return kong.New(p,
		kong.Name("dialtone"),
		kong.Description("Sign in to apps with a phone number: an OAuth 2.0 and OpenID Connect identity server for mobile operators."),
		kong.Writers(out, errs),
		kong.DefaultEnvars("DIALTONE"),
		kong.Configuration(file.load),
		kong.TypeMapper(reflect.TypeFor[netip.Prefix](), kong.MapperFunc(network)),
	)
}
