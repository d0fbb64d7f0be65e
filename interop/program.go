package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// setUps stand in for the commands that the page tells a reader to do once: the same libraries, as this repository pins them,
// without asking the network again. Each runs in the program's folder; ROOT is the repository.
var setUps = map[string]string{
	"": "true",
	"go mod init signin && go get golang.org/x/oauth2": `go mod init signin && cp "$ROOT/go.sum" . &&
		go mod edit -require="golang.org/x/oauth2@$(cd "$ROOT" && go list -mod=readonly -m -f '{{.Version}}' golang.org/x/oauth2)"`,
	"npm install openid-client":                  `ln -s "$ROOT/interop/clients/openid-client/node_modules" node_modules`,
	"pip install authlib requests":               `"$ROOT/interop/clients/authlib/.venv/bin/python" -c 'import authlib, requests'`, // found by PATH
	"pip install authlib flask requests":         `python -c 'import authlib, flask, requests'`,
	"pip install mozilla-django-oidc":            `python -c 'import mozilla_django_oidc'`,
	"npm install express express-openid-connect": `ln -s "$ROOT/interop/clients/express/node_modules" node_modules`,
	"go mod init signin && go get github.com/coreos/go-oidc/v3/oidc golang.org/x/oauth2": `cp "$ROOT/go.sum" . &&
		sed 's/^module .*/module signin/' "$ROOT/go.mod" > go.mod`,
	"go install github.com/oauth2-proxy/oauth2-proxy/v7@latest": `command -v oauth2-proxy`,
	"sudo apt-get install libapache2-mod-auth-openidc":          `test -e /usr/lib/apache2/modules/mod_auth_openidc.so`,
}

// program is a snippet as a reader of the page gets it.
type program struct{ text, file, setUp, run string }

// read takes the program from the page.
func (t tryTab) read(ctx context.Context, language string) (program, error) {
	page, err := t.open(ctx, t.address+"?"+url.Values{"client": {t.client.id}, "snippet": {language}}.Encode())
	if err != nil {
		return program{}, err
	}
	var p program
	for id, to := range map[string]*string{"snippet": &p.text, "snippet-file": &p.file, "snippet-setup": &p.setUp, "snippet-run": &p.run} {
		if node := find(page.Node, "id", id); node != nil {
			*to = text(node)
		}
	}
	if p.text == "" || p.run == "" || p.file == "" || filepath.Base(p.file) != p.file {
		return program{}, fmt.Errorf("the page shows no program: %s", visibleText(page.Node))
	}
	return p, nil
}

// snippet runs a program in a fresh folder with the command that the page shows, signs in at the address that it prints, and
// checks that it finds out the number.
func (t tryTab) snippet(ctx context.Context, language, folder string) error {
	const patience = 2 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := t.read(ctx, language)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, p.file), []byte(p.text), 0o600); err != nil {
		return err
	}
	setUp, known := setUps[p.setUp]
	if !known {
		return fmt.Errorf("the page wants %q done before, for which setUps has nothing", p.setUp)
	}
	command, err := shell(ctx, folder, setUp)
	if err != nil {
		return err
	}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", setUp, err, output)
	}
	run := strings.ReplaceAll(p.run, "…", t.client.secret)
	if t.forged {
		if err := t.forge(ctx, folder, run); err != nil {
			return err
		}
	}
	number, said, err := t.signIn(ctx, folder, run)
	if err != nil {
		return err
	}
	return checkUserInfo(said, number)
}

// shell is a command line in a folder, with Authlib's Python first in the path and no way for Go to the network.
func shell(ctx context.Context, folder, line string) (*exec.Cmd, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, "sh", "-c", line)
	command.Dir = folder
	command.WaitDelay = time.Second // a program of the shell's may hold the pipes open after it
	command.Env = environment(map[string]string{
		"ROOT": root, "GOFLAGS": "-mod=mod", "GOPROXY": "off",
		"PATH": filepath.Join(root, "interop/clients/authlib/.venv/bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
	})
	return command, nil
}

// invitation is the line before the address that a program wants to have opened.
var invitation = regexp.MustCompile(`sign in with (\+[0-9]+), PIN ([0-9]+):$`)

// signIn lets a person with the number that the program names sign in, and returns the number and the program's last line.
func (t tryTab) signIn(ctx context.Context, folder, run string) (number, last string, err error) {
	last, err = t.talk(ctx, folder, run, func(a asked) (string, error) {
		number = a.number
		return t.personLands(ctx, a)
	})
	return number, last, err
}

// forge gives the program answers that it has to refuse, by ending with an error.
func (t tryTab) forge(ctx context.Context, folder, run string) error {
	for what, browser := range map[string]func(asked) (string, error){
		"a denial": func(a asked) (string, error) {
			denied := url.Values{"error": {"access_denied"}, "state": {parameter(a.address, "state")}, "iss": {t.identity}}
			return t.redirectURI + "&" + denied.Encode(), nil // it has a query already
		},
		// The code is good and the verifier fits: nobody but the program can see that the answer is not its own.
		"an answer with another state": func(a asked) (string, error) {
			landed, err := t.personLands(ctx, a)
			return strings.Replace(landed, parameter(a.address, "state"), "another", 1), err
		},
	} {
		_, err := t.talk(ctx, folder, run, browser)
		if _, refused := errors.AsType[*exec.ExitError](err); !refused {
			return fmt.Errorf("the program takes %s: %w", what, errors.Join(err, errors.New("it did not end with an error")))
		}
	}
	return nil
}

// asked is what a program wants to have done.
type asked struct{ address, number, pin string }

// personLands lets a person in a fresh browser do it, and returns where the browser lands.
func (t tryTab) personLands(ctx context.Context, a asked) (string, error) {
	who, err := newPerson(http.DefaultTransport, t.identity, a.number, a.pin)
	if err != nil {
		return "", err
	}
	return t.land(ctx, who, a.address)
}

// talk runs the program with what the browser lands at, and returns its last line. Its failure is an *exec.ExitError.
func (t tryTab) talk(ctx context.Context, folder, run string, browser func(asked) (string, error)) (last string, err error) {
	command, err := shell(ctx, folder, run)
	if err != nil {
		return "", err
	}
	var complaints bytes.Buffer
	command.Stderr = &complaints
	stdin, err := command.StdinPipe()
	if err != nil {
		return "", err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := command.Start(); err != nil {
		return "", err
	}
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	var want asked
	for lines.Scan() && err == nil {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		last = line
		if found := invitation.FindStringSubmatch(line); found != nil {
			want.number, want.pin = found[1], found[2]
		} else if want.number != "" && want.address == "" {
			want.address = line
			var landed string
			if landed, err = browser(want); err == nil {
				_, err = fmt.Fprintln(stdin, landed)
			}
		}
	}
	err = errors.Join(err, lines.Err(), stdin.Close())
	if ended := command.Wait(); err == nil {
		err = ended
	}
	if err != nil {
		return last, fmt.Errorf("%w: %s: %s", err, last, complaints.String())
	}
	return last, nil
}

// land lets a person go to an address and returns the one at which the browser leaves for the app.
func (t tryTab) land(ctx context.Context, who *person, address string) (string, error) {
	landed, err := who.visit(ctx, address)
	if err != nil {
		return "", err
	}
	rest, ok := strings.CutPrefix(landed, t.redirectURI)
	if !ok || rest == "" || !strings.Contains("?&", rest[:1]) {
		return "", fmt.Errorf("the browser landed at %s", landed)
	}
	return landed, nil
}
