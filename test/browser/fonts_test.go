package browser

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed fonts.txt
var fontTable string

// looks are the fonts that tests look with, by name: wide, narrow, tall. Each is a list of families.
func looks() map[string][]string {
	found := make(map[string][]string)
	for line := range strings.Lines(fontTable) {
		if fields := strings.Split(strings.TrimSpace(line), "|"); len(fields) == 3 {
			found[fields[0]] = strings.Split(fields[1], ",")
		}
	}
	return found
}

// fontconfig makes a folder with the fonts of the families, and a file for FONTCONFIG_FILE that offers nothing else: so the
// machine's own fonts do not decide how wide a page is. A family that is not there is an error, which says what to do.
func fontconfig(folder string, families []string) (file string, err error) {
	fonts := filepath.Join(folder, "fonts")
	if err := os.MkdirAll(fonts, 0o755); err != nil {
		return "", err
	}
	var prefer strings.Builder
	for _, family := range families {
		out, err := exec.Command("fc-list", "--format", "%{file}\n", family).Output()
		if err != nil {
			return "", fmt.Errorf("fc-list: %w\n%s", err, howToInstall)
		}
		files := strings.Fields(string(out))
		if len(files) == 0 {
			return "", fmt.Errorf("the font %s is not installed. %s", family, howToInstall)
		}
		for _, font := range files {
			if err := os.Symlink(font, filepath.Join(fonts, filepath.Base(font))); err != nil && !os.IsExist(err) {
				return "", err
			}
		}
		fmt.Fprintf(&prefer, "<family>%s</family>", family)
	}
	var aliases strings.Builder
	for _, generic := range []string{"sans-serif", "serif", "system-ui"} {
		fmt.Fprintf(&aliases, "<alias binding=\"strong\"><family>%s</family><prefer>%s</prefer></alias>\n", generic, &prefer)
	}
	// Where there is no type of one width, code is in the first family.
	fmt.Fprintf(&aliases, "<alias binding=\"strong\"><family>monospace</family><prefer><family>DejaVu Sans Mono</family>%s</prefer></alias>\n", &prefer)
	file = filepath.Join(folder, "fonts.conf")
	return file, os.WriteFile(file, []byte(`<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>`+fonts+`</dir>
<cachedir>`+filepath.Join(folder, "cache")+`</cachedir>
`+aliases.String()+`</fontconfig>
`), 0o644)
}
