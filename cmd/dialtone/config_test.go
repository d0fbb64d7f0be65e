package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// parseServe parses arguments for serve with a configuration file of that content.
func parseServe(t *testing.T, content string, args ...string) (*serveCommand, *configFile, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "dialtone.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	var p program
	file := new(configFile)
	parser, err := newParser(&p, file, new(bytes.Buffer), new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"--config", name, "serve"}, args...)); err != nil {
		return nil, nil, err
	}
	return &p.Serve, file, p.Serve.Check()
}

const configuration = `
issuer: http://localhost:9001
identity-listen: 127.0.0.1:9001
root-key-file: root.key
trusted-proxies: [10.0.0.0/8, 192.0.2.0/24]
sandbox: false
daily-sms-limit: 500
sms-routes:
  main: {url: "https://sms.example/send"}
`

func TestTheFileIsReadWithItsLists(t *testing.T) {
	got, file, err := parseServe(t, configuration)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case got.Issuer != "http://localhost:9001" || got.DailySMSLimit != 500 || got.Sandbox:
		t.Errorf("got %+v", got.Config)
	case len(got.TrustedProxies) != 2 || got.TrustedProxies[1].String() != "192.0.2.0/24":
		t.Errorf("trusted proxies %v", got.TrustedProxies)
	case file.routes["main"].URL != "https://sms.example/send":
		t.Errorf("SMS routes %v", file.routes)
	case got.Database != "sqlite:dialtone.db":
		t.Errorf("the default of what the file does not name is gone: database %q", got.Database)
	}
}

func TestTheEnvironmentWinsOverTheFileAndAFlagOverBoth(t *testing.T) {
	t.Setenv("DIALTONE_ISSUER", "http://localhost:9002")
	t.Setenv("DIALTONE_DAILY_SMS_LIMIT", "7")
	got, _, err := parseServe(t, configuration)
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != "http://localhost:9002" || got.DailySMSLimit != 7 || got.IdentityListen != "127.0.0.1:9001" {
		t.Errorf("environment over file: %+v", got.Config)
	}
	got, _, err = parseServe(t, configuration, "--issuer", "http://localhost:9003")
	if err != nil {
		t.Fatal(err)
	}
	if got.Issuer != "http://localhost:9003" || got.DailySMSLimit != 7 {
		t.Errorf("flag over environment over file: %+v", got.Config)
	}
}

func TestTheRootKeyComesFromTheEnvironment(t *testing.T) {
	t.Setenv("DIALTONE_ROOT_KEY", "a key")
	got, _, err := parseServe(t, strings.Replace(configuration, "root-key-file: root.key", "", 1))
	if err != nil {
		t.Fatal(err)
	}
	if got.RootKey.Reveal() != "a key" {
		t.Error("the root key is not taken from the environment")
	}
}

func TestAConfigurationErrorSaysWhatToChange(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"misspelt option":  {"issuer:", "isuer:", `there is no option "isuer"`},
		"misspelt in SMS":  {"{url:", "{ulr:", "ulr"},
		"wrong type":       {"daily-sms-limit: 500", "daily-sms-limit: many", "daily-sms-limit"},
		"broken YAML":      {"sandbox: false", "sandbox: [", "YAML"},
		"invalid together": {"http://localhost:9001", "http://id.example.com", "use https"},
		"an address":       {"10.0.0.0/8", "10.0.0.7", "write 10.0.0.7/32 for it alone"},
		"within a network": {"10.0.0.0/8", "10.0.0.7/8", "write 10.0.0.0/8"},
		"no network":       {"10.0.0.0/8", "proxy.example", "write it as 10.0.0.0/8"},
		"mail in no time":  {"sandbox: false", "smtp-timeout: 15ns\nsmtp-address: mail.example.com:587\nsmtp-from: a@example.com", "--smtp-timeout"},
		"no unit":          {"sandbox: false", "pin-lifetime: 300", "pin-lifetime needs a unit: write pin-lifetime: 300s"},
		"no unit, SMTP":    {"sandbox: false", "smtp-timeout: 15", "smtp-timeout needs a unit"},
		"yes for true":     {"sandbox: false", "sandbox: no", "sandbox: false"},
		"a secret, bare":   {"sandbox: false", "smtp-password: 12345", `write smtp-password: "…"`},
		"twice":            {"sandbox: false", "sandbox: false\nsandbox: true", "sandbox is there already"},
		"two documents":    {"sandbox: false", "sandbox: false\n---\nsandbox: true", "a second document"},
		"nothing":          {"sandbox: false", "region:", "region has no value"},
		"region UK":        {"sandbox: false", "region: UK", "region \"UK\""},
		"region XX":        {"sandbox: false", "region: XX", "region \"XX\""},
		"region 47":        {"sandbox: false", `region: "47"`, "region \"47\""},
		"region nb-NO":     {"sandbox: false", "region: nb-NO", "region \"nb-NO\""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := parseServe(t, strings.Replace(configuration, test.old, test.new, 1))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a text with %q", err, test.want)
			}
		})
	}
}

func TestEveryOptionOfServeHasAnEnvironmentVariable(t *testing.T) {
	parser, err := newParser(new(program), new(configFile), new(bytes.Buffer), new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Children {
		if node.Name != "serve" {
			continue
		}
		for _, flag := range node.Flags {
			want := "DIALTONE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
			if len(flag.Envs) != 1 || flag.Envs[0] != want {
				t.Errorf("--%s: environment %v, want %s", flag.Name, flag.Envs, want)
			}
		}
	}
}

func TestAByteOrderMarkInTheFileIsNoFault(t *testing.T) {
	if got, _, err := parseServe(t, "\ufeff"+configuration[1:]+"region: NO\npin-lifetime: 4m\n"); err != nil || got.Region != "NO" || got.PINLifetime != 4*time.Minute {
		t.Errorf("got %+v, %v", got, err)
	}
}
