package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// party is a relying party built on a library that we did not write.
type party struct {
	name             string
	library          string
	authMethod       string // none makes it a public client
	idTokenAlgorithm string
	redirectURI      string
	phoneNumber      string     // of the sandbox operator; its PIN is the last six digits
	termsURL         string     // the product's; with one, the consent page has a box to tick
	install          [][]string // commands, run in its folder
	run              []string
}

// parties are the rows of the table. They differ in how they authenticate, in the algorithm and in the kind of redirect
// URI, so that together they cover what ordinary clients do.
var parties = []party{
	{
		name: "openid-client", library: "openid-client (JavaScript)",
		authMethod: "client_secret_basic", idTokenAlgorithm: "RS256",
		redirectURI: "https://openid-client.example/callback", phoneNumber: "+46701740605",
		install: [][]string{{"npm", "ci"}},
		run:     []string{"node", "client.mjs"},
	},
	{
		name: "oauth4webapi", library: "oauth4webapi (JavaScript)",
		authMethod: "none", idTokenAlgorithm: "ES256",
		redirectURI: "com.example.oauth4webapi:/callback", phoneNumber: "+46701740606",
		install: [][]string{{"npm", "ci"}},
		run:     []string{"node", "client.mjs"},
	},
	{
		name: "authlib", library: "Authlib (Python)",
		authMethod: "client_secret_post", idTokenAlgorithm: "RS256",
		redirectURI: "https://authlib.example/callback", phoneNumber: "+46701740607",
		termsURL: "https://authlib.example/terms",
		install:  venv,
		run:      []string{".venv/bin/python", "client.py"},
	},
	{
		name: "scribejava", library: "ScribeJava (Java)",
		authMethod: "client_secret_basic", idTokenAlgorithm: "RS256",
		redirectURI: "http://127.0.0.1:7460/callback?from=dialtone", phoneNumber: "+46701740608",
		install: [][]string{{"mvn", "--quiet", "--batch-mode", "compile", "dependency:copy-dependencies"}},
		run:     []string{"java", "-cp", "target/classes:target/dependency/*", "Client"},
	},
}

// venv installs what a folder's requirements.txt pins into an environment there.
var venv = [][]string{
	{"python3", "-m", "venv", ".venv"},
	{".venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements.txt"},
}

// steps are the columns of the table, in the order in which a party takes them.
var steps = []string{"discovery", "sign-in", "id-token", "user-info", "refresh", "introspection", "revocation", "logout"}

func (p party) folder() string { return filepath.Join("interop", "clients", p.name) }

func (p party) postLogoutRedirectURI() string { return "https://" + p.name + ".example/signed-out" }

// pin is the fixed PIN of a sandbox number.
func (p party) pin() string { return p.phoneNumber[len(p.phoneNumber)-6:] }

// prepare installs what the party needs into its own folder.
func (p party) prepare(ctx context.Context) error {
	for _, words := range p.install {
		command := commandIn(ctx, p.folder(), words)
		if output, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %s: %w\n%s", p.name, strings.Join(words, " "), err, output)
		}
	}
	return nil
}

// verdict is what became of one step.
type verdict struct {
	outcome string // pass, none (the library has no such thing), fail; empty: not reached
	reason  string // of none and fail
}

// talk runs the party's program and answers it: for each address that it wants opened, the person goes there. It returns
// the verdict on each step; an error is a failure of the program itself.
func (p party) talk(ctx context.Context, settings map[string]string, who *person) (map[string]verdict, error) {
	const patience = 2 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	command := commandIn(ctx, p.folder(), p.run)
	command.Env = environment(settings)
	var complaints strings.Builder
	command.Stderr = &complaints
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}

	verdicts := make(map[string]verdict)
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		verb, rest, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "open":
			answer := "back "
			back, err := who.visit(ctx, rest)
			if err == nil {
				err = p.expects(back)
			}
			if err != nil {
				answer, back = "stuck ", strings.ReplaceAll(err.Error(), "\n", " ")
			}
			if _, err := fmt.Fprintln(stdin, answer+back); err != nil {
				return verdicts, fmt.Errorf("answer %s: %w", p.name, err)
			}
		case "pass", "none", "fail":
			step, reason, _ := strings.Cut(rest, " ")
			verdicts[step] = verdict{outcome: verb, reason: reason}
		default:
			fmt.Fprintf(&complaints, "%s\n", lines.Text())
		}
	}
	err = command.Wait()
	for _, v := range verdicts {
		if v.outcome == "fail" {
			return verdicts, nil // the program has said what is wrong; its exit status adds nothing
		}
	}
	if err != nil {
		return verdicts, fmt.Errorf("%s ended with %w\n%s", p.name, err, complaints.String())
	}
	return verdicts, lines.Err()
}

// expects checks that the browser was sent to one of the party's own addresses.
func (p party) expects(back string) error {
	for _, registered := range []string{p.redirectURI, p.postLogoutRedirectURI()} {
		rest, ok := strings.CutPrefix(back, registered)
		if ok && (rest == "" || rest[0] == '?' || rest[0] == '&') {
			return nil
		}
	}
	return fmt.Errorf("the browser was sent to %s, which is not registered", back)
}

// commandIn is a command that runs in a folder; a program in that folder is named relative to it.
func commandIn(ctx context.Context, folder string, words []string) *exec.Cmd {
	program := words[0]
	if strings.Contains(program, "/") {
		if absolute, err := filepath.Abs(filepath.Join(folder, program)); err == nil {
			program = absolute
		}
	}
	command := exec.CommandContext(ctx, program, words[1:]...)
	command.Dir = folder
	return command
}

// environment is ours without proxies, which must not stand between the parties and this machine, and with the settings.
func environment(settings map[string]string) []string {
	proxies := []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "JAVA_TOOL_OPTIONS"}
	kept := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(proxies, strings.ToUpper(name))
	})
	for name, value := range settings {
		kept = append(kept, name+"="+value)
	}
	return kept
}
