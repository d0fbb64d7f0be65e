package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/dialtone-id/dialtone/internal/fixed"
)

// keepForever is for addresses whose content never changes.
const keepForever = "public, max-age=31536000, immutable"

// mediaTypes are ours, not those of the machine: with nosniff, a wrong one would switch the pages off.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Assets serves static files under names that hold a hash of their content, and the brand stylesheets. Mount it at
// "GET /static/".
type Assets struct {
	addresses map[string]string        // "shell.css" → "/static/shell.0123456789.css"
	files     map[string]*fixed.Answer // by address
}

// NewAssets reads the shell's own static files and the folder static of each face; a name may stand in one of them only.
func NewAssets(faces ...fs.FS) (*Assets, error) {
	sources := append([]fs.FS{shell}, faces...)
	a := &Assets{addresses: map[string]string{}, files: map[string]*fixed.Answer{}}
	for _, source := range sources {
		entries, err := fs.ReadDir(source, "static")
		if err != nil {
			return nil, fmt.Errorf("read static files: %w", err)
		}
		for _, entry := range entries {
			body, err := fs.ReadFile(source, path.Join("static", entry.Name()))
			if err != nil {
				return nil, fmt.Errorf("read static files: %w", err)
			}
			if err := a.add(entry.Name(), body); err != nil {
				return nil, err
			}
		}
	}
	return a, nil
}

func (a *Assets) add(name string, body []byte) error {
	if _, taken := a.addresses[name]; taken {
		return fmt.Errorf("static file %s is there twice", name)
	}
	extension := path.Ext(name)
	mediaType, known := mediaTypes[extension]
	if !known {
		return fmt.Errorf("static file %s: its media type is unknown", name)
	}
	sum := sha256.Sum256(body)
	address := "/static/" + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:5]) + extension
	a.addresses[name] = address
	a.files[address] = fixed.New(mediaType, body)
	return nil
}

// Address returns where a static file is served.
func (a *Assets) Address(name string) (string, error) {
	address, ok := a.addresses[name]
	if !ok {
		return "", fmt.Errorf("there is no static file %s", name)
	}
	return address, nil
}

// ServeHTTP serves the static files and the brand stylesheets.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	if digits, ok := brandColour(r.URL.Path); ok {
		header.Set("Content-Type", "text/css; charset=utf-8")
		header.Set("Cache-Control", keepForever)
		_, _ = w.Write(brandStylesheet(digits))
		return
	}
	file, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	header.Set("Cache-Control", keepForever)
	file.Serve(w, r)
}
