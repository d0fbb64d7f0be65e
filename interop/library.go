package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dialtone-id/dialtone/docs"
)

// library is a page of the guide on a library or a proxy whose program is run as the page shows it.
type library struct {
	name         string // of the page
	public       bool
	redirectPath string // of the login redirect URI that the page wants registered
	phoneNumber  string // of the sandbox operator
	clients      string // the folder in clients/ with what the page installs, pinned; empty: the module's own dependencies do
	slow         bool   // not part of a run of everything
	loopback     bool   // a program that prints the address to open, and the number in its last line
}

// pinned are the commands that install the pages' libraries from lock files, by the folder in clients/.
var pinned = map[string][][]string{
	"authlib":      venv,
	"django":       venv,
	"express":      {{"npm", "ci"}},
	"oauth2-proxy": {{"go", "build", "-o", "target/", "github.com/oauth2-proxy/oauth2-proxy/v7"}},
}

var libraries = []library{
	{name: "flask", redirectPath: "/callback", phoneNumber: "+46701740605", clients: "authlib"},
	{name: "django", redirectPath: "/oidc/callback/", phoneNumber: "+46701740606", clients: "django"},
	{name: "express", redirectPath: "/callback", phoneNumber: "+46701740607", clients: "express"},
	{name: "go", redirectPath: "/callback", phoneNumber: "+46701740608"},
	{name: "native", public: true, redirectPath: "/callback", phoneNumber: "+46701740605", loopback: true},
	{name: "apache", redirectPath: "/redirect_uri", phoneNumber: "+46701740606", slow: true},
	{name: "oauth2-proxy", redirectPath: "/oauth2/callback", phoneNumber: "+46701740607", clients: "oauth2-proxy", slow: true},
}

// What the table of the libraries shows: the program listens, a person gets in, and a stranger does not.
const (
	programStarts  = "starts"
	programSignsIn = "number"
	programRefuses = "forged answer"
)

// The pages' programs listen on appPort, and a proxy sends what it lets through to upstreamPort.
const (
	appPort      = "3000"
	upstreamPort = "8000"
)

// party is the page as the server knows it: a client with a redirect URI.
func (l library) party(port string) party {
	p := party{
		name: l.name, library: l.name, authMethod: "client_secret_basic", idTokenAlgorithm: "RS256",
		redirectURI: "http://localhost:" + port + l.redirectPath, phoneNumber: l.phoneNumber,
	}
	if l.public {
		p.authMethod, p.redirectURI = "none", "http://127.0.0.1"+l.redirectPath
	}
	return p
}

// prepare installs what the page installs, as it is pinned here.
func (l library) prepare(ctx context.Context) error {
	if l.clients == "" {
		return nil
	}
	return party{name: l.clients, install: pinned[l.clients]}.prepare(ctx)
}

// runLibraries runs the programs of the guide's pages on a server over TLS, and prints what happened.
func runLibraries(ctx context.Context, binary, folder string, chosen []library, verbose bool) (err error) {
	var parties []party
	var ports []string
	for _, l := range chosen {
		port, err := freePort()
		if err != nil {
			return err
		}
		ports, parties = append(ports, port), append(parties, l.party(port))
	}
	fmt.Println("starting dialtone serve")
	server, err := startHost(ctx, binary, folder, parties)
	defer func() { err = end(server.process, err, verbose) }()
	if err != nil {
		return err
	}
	t := newTable("page of the guide", []string{programStarts, programSignsIn, programRefuses})
	for i, l := range chosen {
		fmt.Printf("running the program of the page %s\n", l.name)
		run := libraryRun{
			library: l, host: server, port: ports[i], folder: filepath.Join(folder, l.name),
			verdicts: make(map[string]verdict),
		}
		if err := run.all(ctx, parties[i]); err != nil {
			return err
		}
		t.add(l.name, l.name, run.verdicts)
	}
	return t.print()
}

func freePort() (string, error) {
	address, err := freeAddress()
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(address)
	return port, err
}

// libraryRun is one program of a page, in a folder of its own.
type libraryRun struct {
	library
	*host
	port     string
	folder   string
	verdicts map[string]verdict
}

func (r *libraryRun) all(ctx context.Context, registered party) error {
	const patience = 2 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	upstream := httptest.NewServer(http.HandlerFunc(showHeaders))
	defer upstream.Close()
	_, upstreamAt, err := net.SplitHostPort(upstream.Listener.Addr().String())
	if err != nil {
		return err
	}
	settings := r.settings(registered)
	page, err := readLibraryPage(r.name, strings.NewReplacer(
		"{issuer}", r.issuer, "{client_id}", settings["INTEROP_CLIENT_ID"], ":"+appPort, ":"+r.port, "port "+appPort, "port "+r.port,
		"listen("+appPort, "listen("+r.port, ":"+upstreamPort, ":"+upstreamAt,
	))
	if err != nil {
		return err
	}
	command, err := r.command(ctx, page, settings)
	if err != nil {
		r.verdicts[programStarts] = verdictOf(err)
		return nil
	}
	who, err := newPerson(r.transport, r.issuer, registered.phoneNumber, registered.pin())
	if err != nil {
		return err
	}
	if r.loopback {
		r.runLoopback(ctx, command, who)
		return nil
	}
	return r.runServer(ctx, command, who)
}

// libraryPage is what a page shows to type in.
type libraryPage struct {
	files        map[string]string // name → text
	install, run string
}

// named are blocks of code whose first line says what they are for: a file's name, or install or run.
var named = regexp.MustCompile("(?ms)^```([a-z]+) ([A-Za-z0-9_.-]+)\n(.*?)^```$")

// readLibraryPage reads the guide's page on a library, with the reader's own values.
func readLibraryPage(name string, values *strings.Replacer) (libraryPage, error) {
	names, err := fs.Glob(docs.Guide, "guide/libraries/*.md")
	i := slices.IndexFunc(names, func(file string) bool { return strings.TrimLeft(filepath.Base(file), "0123456789") == "-"+name+".md" })
	if err != nil || i < 0 {
		return libraryPage{}, errors.Join(err, fmt.Errorf("the guide has no page %q", name))
	}
	source, err := fs.ReadFile(docs.Guide, names[i])
	if err != nil {
		return libraryPage{}, err
	}
	page := libraryPage{files: make(map[string]string)}
	for _, block := range named.FindAllStringSubmatch(string(source), -1) {
		switch text := block[3]; block[2] {
		case "install":
			page.install = strings.TrimSpace(text) // as it stands: it has no values
		case "run":
			page.run = strings.TrimSpace(values.Replace(text))
		default:
			page.files[block[2]] = values.Replace(text)
		}
	}
	if page.install == "" || page.run == "" || len(page.files) == 0 {
		return libraryPage{}, fmt.Errorf("the page %q lacks a file, or how to install or run it", name)
	}
	return page, nil
}

// command puts the page's files into place, does what stands in for installing, and returns what runs the program.
func (r *libraryRun) command(ctx context.Context, page libraryPage, settings map[string]string) (*exec.Cmd, error) {
	if err := os.MkdirAll(r.folder, 0o700); err != nil {
		return nil, err
	}
	for name, text := range page.files {
		if err := os.WriteFile(filepath.Join(r.folder, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	ca := settings["INTEROP_CA_FILE"]
	line := page.run
	if r.name == "apache" {
		if err := os.WriteFile(filepath.Join(r.folder, "httpd.conf"), []byte(r.apache(ca)), 0o600); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(r.folder, "index.shtml"), []byte(apacheIndex), 0o600); err != nil {
			return nil, err
		}
		line = `exec apache2 -f "$PWD/httpd.conf" -DFOREGROUND` // the page's commands are for the machine's own Apache
	}
	setUp, known := setUps[page.install]
	if !known {
		return nil, fmt.Errorf("the page wants %q done before, for which setUps has nothing", page.install)
	}
	prepare, err := r.shell(ctx, setUp, nil)
	if err != nil {
		return nil, err
	}
	if output, err := prepare.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", setUp, err, output)
	}
	return r.shell(ctx, line, []string{
		"CLIENT_SECRET=" + settings["INTEROP_CLIENT_SECRET"],
		"NODE_EXTRA_CA_CERTS=" + ca, "REQUESTS_CA_BUNDLE=" + ca, "SSL_CERT_FILE=" + ca,
	})
}

// shell is a command line in the run's folder, with what the page installs first in the path; what it starts ends with it.
func (r *libraryRun) shell(ctx context.Context, line string, env []string) (*exec.Cmd, error) {
	command, err := shell(ctx, r.folder, line)
	if err != nil {
		return nil, err
	}
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	clients := filepath.Join(root, "interop/clients", r.clients)
	path := strings.Join([]string{filepath.Join(clients, ".venv/bin"), filepath.Join(clients, "target"), os.Getenv("PATH")}, string(os.PathListSeparator))
	command.Env = append(command.Env, append(env, "PATH="+path)...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return endGroup(command) }
	return command, nil
}

// endGroup ends a command that leads a process group, and all that it started.
func endGroup(command *exec.Cmd) error {
	err := syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// runServer lets a person use the web application that the command starts.
func (r *libraryRun) runServer(ctx context.Context, command *exec.Cmd, who *person) error {
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	app := "http://localhost:" + r.port
	if err := command.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		ended <- command.Wait()
		close(ended) // whoever asks again is not kept waiting
	}()
	err := listens(ctx, "localhost:"+r.port, ended)
	if err == nil {
		r.verdicts[programStarts] = verdictOf(nil)
		var page string
		page, err = who.use(ctx, app, app+"/")
		if err == nil && !strings.Contains(page, r.phoneNumber) {
			err = fmt.Errorf("the page does not show %s: %s", r.phoneNumber, page)
		}
		r.verdicts[programSignsIn] = verdictOf(err)
		r.verdicts[programRefuses] = verdictOf(r.forge(ctx, app))
	} else {
		r.verdicts[programStarts] = verdictOf(err)
	}
	if stopped := endGroup(command); stopped != nil && !errors.Is(stopped, os.ErrProcessDone) {
		return stopped
	}
	<-ended
	if err != nil {
		fmt.Printf("the program of the page %s said:\n%s\n", r.name, said.String())
	}
	return nil
}

// forge brings an answer for which no sign-in was begun; nobody may be signed in after it.
func (r *libraryRun) forge(ctx context.Context, app string) error {
	stranger, err := newPerson(r.transport, r.issuer, r.phoneNumber, "000000")
	if err != nil {
		return err
	}
	page, err := stranger.use(ctx, app, app+r.redirectPath+"?code=forged&state=forged&iss="+r.issuer)
	if err == nil {
		return fmt.Errorf("the answer is taken: %s", page)
	}
	if _, unreached := errors.AsType[*net.OpError](err); unreached {
		return fmt.Errorf("nobody was there to refuse it: %w", err)
	}
	return nil
}

// listens waits until something listens at the address, or the program ends.
func listens(ctx context.Context, address string, ended <-chan error) error {
	const pause = 100 * time.Millisecond
	for {
		dialer := net.Dialer{Timeout: time.Second}
		connection, err := dialer.DialContext(ctx, "tcp", address)
		if err == nil {
			return connection.Close()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("nothing listens at %s: %w", address, err)
		case exit := <-ended:
			return fmt.Errorf("the program ended at once: %w", errors.Join(exit, err))
		case <-time.After(pause):
		}
	}
}

// runLoopback lets a person sign in at the address that the program prints, and reads the number from its last line.
func (r *libraryRun) runLoopback(ctx context.Context, command *exec.Cmd, who *person) {
	printed, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		r.verdicts[programStarts] = verdictOf(err)
		return
	}
	var last string
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		last = line
		if !strings.HasPrefix(line, r.issuer+"/") {
			continue
		}
		r.verdicts[programStarts] = verdictOf(nil)
		app := parameter(line, "redirect_uri")
		r.verdicts[programRefuses] = verdictOf(r.forge(ctx, strings.TrimSuffix(app, r.redirectPath)))
		if _, err = who.use(ctx, strings.TrimSuffix(app, r.redirectPath), line); err != nil {
			_ = endGroup(command) // it would wait for ever; what matters is the error
		}
	}
	ended := command.Wait()
	if err == nil {
		err = ended
	}
	if err == nil {
		err = checkUserInfo(last, r.phoneNumber)
	}
	r.verdicts[programSignsIn] = verdictOf(err)
}

// showHeaders is a server behind a proxy: it says who came.
func showHeaders(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprintf(w, "Signed in with %s as %s", r.Header.Get("X-Forwarded-Email"), r.Header.Get("X-Forwarded-User"))
}

// apacheIndex shows what mod_auth_openidc hands on.
const apacheIndex = `Signed in with <!--#echo var="OIDC_CLAIM_phone_number" --> as <!--#echo var="REMOTE_USER" -->`

// apache is a server with nothing but what the page's configuration needs.
func (r *libraryRun) apache(ca string) string {
	lines := []string{"ServerRoot " + r.folder, "Listen localhost:" + r.port, "ServerName localhost", "PidFile apache.pid", "ErrorLog /dev/stderr"}
	for _, module := range []string{"mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "include", "dir", "mime"} {
		lines = append(lines, fmt.Sprintf("LoadModule %s_module /usr/lib/apache2/modules/mod_%[1]s.so", module))
	}
	return strings.Join(append(lines,
		"DocumentRoot "+r.folder, "DirectoryIndex index.shtml", "TypesConfig /dev/null", "AddType text/html .shtml",
		"AddOutputFilter INCLUDES .shtml", "<Directory "+r.folder+">", "Options +Includes", "</Directory>",
		"OIDCCABundlePath "+ca, "Include dialtone.conf", "",
	), "\n")
}
