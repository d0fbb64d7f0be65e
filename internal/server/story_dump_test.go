package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/message"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// Whoever gets hold of a dump or a backup, and not of the root key, learns nobody's number and nobody's address.
func TestADumpOfTheDatabaseTellsNobodysNumberOrAddress(t *testing.T) {
	t.Parallel()
	for _, engine := range storetest.EngineNames {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			h, portal := withPortal(t, engine)
			a := h.story(t)
			a.tokens(kim, "scope", "openid phone offline_access")
			h.browser(t).open(a.address()).fill("phone_number", robin).press("send").fill("pin", "000000").press("continue")
			h.browser(t).open(a.address("login_hint", nobody))
			const email, invited = "ada.lovelace@example.com", "grace.hopper@example.org"
			ada := newDeveloper(t, h, portal, email)
			ada.open("/organizations/new")
			ada.submit("/organizations/new", "name", "Engines")
			organization := ada.at.Path
			ada.open(organization + "/members/invite")
			ada.submit(organization+"/members/invite", "email", invited, "role", "viewer")
			if mail := h.mailed(invited); !strings.HasPrefix(mail, email+" invites you to join an organization") {
				t.Errorf("the invitation begins with what nobody proved: %s", mail)
			}
			newStranger(t, h, portal).open("/signin")
			h.stop()

			text := dump(t, h.dsn)
			if !strings.Contains(text, "Fjord") || !strings.Contains(text, "Storytime") {
				t.Fatal("the dump is not of this database")
			}
			for _, person := range []string{kim, robin, nobody, "46701740605", email, invited, "ada.lovelace", "hopper"} {
				if at := strings.Index(text, strings.TrimPrefix(person, "+")); at >= 0 {
					t.Errorf("%s stands in the dump: …%s…", person, text[max(0, at-200):min(len(text), at+100)])
				}
			}
		})
	}
}

// mailed is the text of the newest e-mail to the address.
func (h *house) mailed(address string) string {
	for _, m := range h.inbox.List() {
		if m.Kind == message.KindMail && m.To == address {
			return m.Text
		}
	}
	return ""
}

// dump returns everything that a database holds, of SQLite the bytes of its files too.
func dump(t *testing.T, dsn string) string {
	t.Helper()
	var text strings.Builder
	driver, address, tables := "pgx", dsn, `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	if file, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, address, tables = "sqlite", "file:"+(&url.URL{Path: file}).EscapedPath(), `SELECT name FROM sqlite_master WHERE type = 'table'`
		files, err := filepath.Glob(file + "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(content)
		}
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range rows(t, db, tables) {
		for _, row := range rows(t, db, `SELECT * FROM `+table) {
			text.WriteString(table + ": " + row + "\n")
		}
	}
	return text.String()
}

// rows returns each row of a query as text.
func rows(t *testing.T, db *sql.DB, query string) (list []string) {
	t.Helper()
	found, err := db.QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, value := range values {
			words = append(words, value.String)
		}
		list = append(list, strings.Join(words, " "))
	}
	if err := found.Err(); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", query, err))
	}
	return list
}
