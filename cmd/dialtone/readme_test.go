package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A stranger pastes what README.md or the demo prints into a shell. These tests paste it, too.

// paste runs commands in a shell in a folder and returns the lines they print.
func paste(t *testing.T, folder, commands string) []string {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "sh", "-eu", "-c", commands)
	shell.Dir = folder
	shell.Stderr = os.Stderr
	out, err := shell.Output()
	if err != nil {
		t.Fatalf("the commands fail: %v\n%s", err, out)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// checkWalkthrough looks at what docs/promises.md says of the four answers: the redirect, the tokens, the person, the new tokens.
func checkWalkthrough(t *testing.T, env map[string]string, state string, location *url.URL, tokens, person, renewed string) {
	t.Helper()
	if location != nil {
		query := location.Query()
		if got := location.Scheme + "://" + location.Host + location.Path; got != env["REDIRECT_URI"] {
			t.Errorf("the browser lands on %s, want %s", got, env["REDIRECT_URI"])
		}
		if query.Get("scope") != "phone offline_access" || query.Get("state") != state || query.Get("iss") != env["ISSUER"] || query.Get("code") == "" {
			t.Errorf("the redirect says %s", location.RawQuery)
		}
		if !strings.Contains(location.RawQuery, "scope=phone%20offline_access") {
			t.Errorf("spaces are not %%20 in %s", location.RawQuery)
		}
	}
	for _, answer := range []string{tokens, renewed} {
		var got map[string]any
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatalf("tokens: %v in %q", err, answer)
		}
		if got["token_type"] != "bearer" || got["expires_in"] != 3600.0 || got["scope"] != "phone offline_access" ||
			got["access_token"] == nil || got["refresh_token"] == nil || len(got) != 5 {
			t.Errorf("tokens: %s", answer)
		}
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(person), &got); err != nil {
		t.Fatalf("user info: %v in %q", err, person)
	}
	if got["phone_number"] != env["TEST_PHONE"] || got["phone_number_verified"] != true || got["sub"] == nil || got["sid"] == nil || len(got) != 4 {
		t.Errorf("user info: %s", person)
	}
}

func TestTheWalkthroughOfTheREADMERunsAsWritten(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- walkthrough:")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	commands, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("README.md has no walkthrough")
	}
	folder := t.TempDir()
	env, _, _ := startDemo(t, filepath.Join(folder, "dialtone-demo"))
	lines := paste(t, folder, commands)
	if len(lines) != 4 {
		t.Fatalf("the walkthrough prints %d lines, want 4: %q", len(lines), lines)
	}
	location, err := url.Parse(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	checkWalkthrough(t, env, "xyz", location, lines[1], lines[2], lines[3])
}

func TestTheWalkthroughThatTheDemoPrintsRunsAsPrinted(t *testing.T) {
	t.Parallel()
	env, printed, _ := startDemo(t, t.TempDir())
	var commands strings.Builder
	for line := range strings.Lines(printed) {
		command := strings.TrimSpace(line)
		// Commands are indented by two spaces and stand after "In another terminal"; the two lines for the browser are not
		// for a shell.
		if !strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "   ") || strings.HasPrefix(command, "http://") || command == "CODE=" {
			continue
		}
		if commands.Len() == 0 && !strings.HasPrefix(command, ". ") {
			continue
		}
		commands.WriteString(command + "\n")
	}
	lines := paste(t, t.TempDir(), commands.String())
	if len(lines) != 5 {
		t.Fatalf("the walkthrough prints %d lines, want 5: %q", len(lines), lines)
	}
	checkWalkthrough(t, env, "walkthrough", nil, lines[0], lines[1], lines[2])
	if !strings.Contains(lines[3], `"active":true`) {
		t.Errorf("introspection: %s", lines[3])
	}
	if !strings.HasPrefix(lines[4], env["ISSUER"]+"/revoke-consent?revoke_token=") {
		t.Errorf("the revoke link: %s", lines[4])
	}
}
