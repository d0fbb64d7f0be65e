package browsers

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// launchers start a browser with an empty profile, in English, that ends with the test.
var launchers = map[string]func(*testing.T) wire{
	"chromium": startChromium,
	"firefox":  startFirefox,
	"webkit":   startWebKit,
}

func browserNames() []string {
	return []string{"chromium", "firefox", "webkit"}
}

// startPatience is how long a browser may take to start on a busy machine.
const startPatience = time.Minute

func startChromium(t *testing.T) wire {
	t.Helper()
	port := freePort(t)
	launch(t, nil, "chromedriver", fmt.Sprintf("--port=%d", port))
	w, err := connect(fmt.Sprintf("http://127.0.0.1:%d", port), map[string]any{"goog:chromeOptions": map[string]any{
		"binary": found(t, "chromium", "chromium-browser", "google-chrome"),
		"args": []string{
			"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
			"--disable-component-update", "--disable-sync", "--lang=en", "--user-data-dir=" + t.TempDir(),
		},
	}})
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return w
}

func startFirefox(t *testing.T) wire {
	t.Helper()
	profile := t.TempDir()
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(`
user_pref("marionette.port", 0);
user_pref("intl.accept_languages", "en");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("toolkit.telemetry.server", "");
user_pref("services.settings.server", "data:,");
user_pref("app.normandy.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
`), 0o600); err != nil {
		t.Fatal(err)
	}
	launch(t, nil, found(t, "firefox-esr", "firefox"), "--headless", "--no-remote", "--marionette", "--profile", profile)
	w, err := connectMarionette(profile)
	if err != nil {
		t.Fatalf("start Firefox: %v", err)
	}
	t.Cleanup(func() { w.socket.Close() })
	return w
}

// startWebKit starts WebKitGTK, which has no mode without a display, on a display of its own.
func startWebKit(t *testing.T) wire {
	t.Helper()
	port := freePort(t)
	launch(t, []string{"DISPLAY=" + startDisplay(t), "GDK_BACKEND=x11", "LC_ALL=C.UTF-8", "LANGUAGE=en", "NO_AT_BRIDGE=1",
		"LIBGL_ALWAYS_SOFTWARE=1", "WEBKIT_DISABLE_DMABUF_RENDERER=1"}, "WebKitWebDriver", fmt.Sprintf("--port=%d", port))
	w, err := connect(fmt.Sprintf("http://127.0.0.1:%d", port), map[string]any{})
	if err != nil {
		t.Fatalf("start WebKit: %v", err)
	}
	return w
}

// startDisplay starts an X server on a number that is free, which it says itself.
func startDisplay(t *testing.T) string {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	command := exec.Command(found(t, "Xvfb"), "-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp")
	command.ExtraFiles = []*os.File{writer}
	run(t, command)
	writer.Close()
	if err := reader.SetReadDeadline(time.Now().Add(startPatience)); err != nil {
		t.Fatal(err)
	}
	number, err := io.ReadAll(io.LimitReader(reader, 8))
	if err != nil || len(number) == 0 {
		t.Fatalf("Xvfb told no number: %v", err)
	}
	return ":" + strings.TrimSpace(string(number))
}

func launch(t *testing.T, environment []string, name string, arguments ...string) {
	t.Helper()
	command := exec.Command(found(t, name), arguments...)
	// Nothing that is kept or set for the person who runs this counts.
	command.Env = slices.Concat(os.Environ(), []string{"HOME=" + t.TempDir(), "XDG_RUNTIME_DIR=" + t.TempDir()}, environment)
	run(t, command)
}

// run starts the program in a process group, which ends with the test: browsers are many processes.
func run(t *testing.T, command *exec.Cmd) {
	t.Helper()
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.WaitDelay = time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
		ended := make(chan struct{})
		go func() { _ = command.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
		}
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		<-ended
		if t.Failed() {
			t.Logf("%s said:\n%s", command.Path, last(said.String(), 2000))
		}
	})
}

func last(text string, most int) string {
	if len(text) > most {
		return text[len(text)-most:]
	}
	return text
}

// found is where one of the programs is.
func found(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("there is no %s on this machine. %s", names[0], howToInstall)
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	return socket.Addr().(*net.TCPAddr).Port
}
