package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// message is one message of PostgreSQL's protocol.
func message(kind byte, body string) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(4+len(body))), body...)
}

func TestMessagesAreFoundHoweverTheStreamIsCut(t *testing.T) {
	stream := bytes.Join([][]byte{message('P', "SZSZSZ"), message('B', ""), message('E', strings.Repeat("Z", 300)), message('S', "")}, nil)
	for piece := 1; piece <= len(stream); piece++ {
		var seen []byte
		m := messages{seen: func(kind byte) { seen = append(seen, kind) }}
		for rest := stream; len(rest) > 0; {
			n := min(piece, len(rest))
			m.look(rest[:n])
			rest = rest[n:]
		}
		if string(seen) != "PBES" {
			t.Fatalf("in pieces of %d bytes: %q", piece, seen)
		}
	}
}

func TestWhatIsSentAheadIsOneRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name              string
		talk              string // > to PostgreSQL, < from it
		statements, trips int64
	}{
		{"a new connection", "<R <S <K <Z", 0, 0},
		{"a prepared statement", ">B >E >S <2 <D <C <Z", 1, 1},
		{"preparing", ">P >D >S <1 <t <T <Z", 0, 1},
		{"two statements and one Sync", ">B >E >B >E >S <C <C <Z", 2, 1},
		{"two Syncs sent ahead", ">B >E >S >B >E >S <C <Z <C <Z", 2, 1},
		{"one after the other", ">Q <C <Z >Q <C <Z", 2, 2},
		{"one that failed", ">B >E >S <E <Z", 0, 1},
	} {
		var got conversation
		var statements, trips int64
		for word := range strings.FieldsSeq(c.talk) {
			if word[0] == '>' {
				got.asked(word[1])
				continue
			}
			s, r := got.answered(word[1])
			statements, trips = statements+s, trips+r
		}
		if statements != c.statements || trips != c.trips {
			t.Errorf("%s: %d statements in %d round trips, want %d in %d", c.name, statements, trips, c.statements, c.trips)
		}
	}
}

func TestTheWireCountsWhatARealConnectionDoes(t *testing.T) {
	address := os.Getenv(postgresVariable)
	if address == "" {
		t.Skip(postgresVariable + " is not set")
	}
	w, through, err := openWire(address)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	connection, err := pgx.Connect(t.Context(), through)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(context.Background())
	check := func(what string, statements, trips int64) {
		t.Helper()
		if s, r := w.statements.Swap(0), w.trips.Swap(0); s != statements || r != trips {
			t.Errorf("%s: %d statements in %d round trips, want %d in %d", what, s, r, statements, trips)
		}
	}
	check("connecting", 0, 0)
	var one int
	for i, trips := range []int64{2, 1} { // prepared at first
		if err := connection.QueryRow(t.Context(), "SELECT $1::int", i).Scan(&one); err != nil {
			t.Fatal(err)
		}
		check("a query", 1, trips)
	}
	batch := new(pgx.Batch)
	batch.Queue("SELECT $1::int", 1)
	batch.Queue("SELECT $1::int", 2)
	if err := connection.SendBatch(t.Context(), batch).Close(); err != nil {
		t.Fatal(err)
	}
	check("a batch", 2, 1)

	db, err := sql.Open("pgx", through)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 2 { // a new connection is pinged when it is used again
		if err := db.PingContext(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.statements.Store(0)
	w.trips.Store(0)
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	check("an empty transaction", 2, 2)
}
