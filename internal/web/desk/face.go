package desk

import (
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"time"
	"unicode"

	"github.com/dialtone-id/dialtone/internal/web"
	"github.com/dialtone-id/dialtone/internal/writing"
)

// Face is what the frame of a face's pages says of it: the developers' and the operators' look alike and are told apart by this.
type Face struct {
	Name, For string // "Dialtone", "for developers"
	Label     string // of its navigation, for screen readers
	Open      []Link // in the bar, for everybody
	Own       []Link // in the menu of who is signed in, before the account
	Missing   string // what the page says where nothing is
	Forbidden string // what it says to who may not, where the error itself does not say
	// Prefix begins the names of its cookies: no two faces share one, since cookies know hosts and not ports.
	Prefix string
	Assets *web.Assets
}

// Cookie is the name of one of the face's cookies.
func (f *Face) Cookie(of string) string { return f.Prefix + "_" + of }

// SessionCookie is the name of the cookie of who is signed in.
func (f *Face) SessionCookie() string { return f.Cookie("session") }

func (f *Face) keptCookie() string { return f.Cookie("kept") }

// Files are the stylesheets and scripts that every face has.
func Files() fs.FS { return files }

// Room reads templates/*.html of a room besides the frame's own. Without a room it renders the error pages, which is what a Desk
// needs.
func (f *Face) Room(rooms ...fs.FS) (*Room, error) {
	set := template.New("").Funcs(template.FuncMap{
		"asset": f.Assets.Address,
		"link":  web.SafeLink,
		"email": writing.ShownEmail,
		"date":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006") },
		"time":  func(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") },
		"iso":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"join":  strings.Join,
		// What stands for a product that has no icon.
		"initial": func(name string) string {
			for _, r := range name {
				return string(unicode.ToUpper(r))
			}
			return "?"
		},
		"micro": func(t time.Time) int64 { return t.UnixMicro() },
	})
	for _, from := range append([]fs.FS{files}, rooms...) {
		var err error
		if set, err = set.ParseFS(from, "templates/*.html"); err != nil {
			return nil, fmt.Errorf("parse templates: %w", err)
		}
	}
	return &Room{face: f, templates: set}, nil
}
