package sheet_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/sheet"
)

func rows(t *testing.T, from io.Reader, separator byte) []sheet.Row {
	t.Helper()
	r, err := sheet.Open(from, separator)
	if err != nil {
		t.Fatal(err)
	}
	var all []sheet.Row
	for {
		row, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
}

func shown(all []sheet.Row) string {
	var out strings.Builder
	for _, row := range all {
		fmt.Fprintf(&out, "%d%q%s ", row.Line, row.Cells, row.Problem)
	}
	return strings.TrimSpace(out.String())
}

func TestATableIsReadHoweverItWasWritten(t *testing.T) {
	t.Parallel()
	utf16 := func(order unicode.Endianness) string {
		text, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String("number\tname\n+4670\tÅsa\n")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, test := range map[string]struct{ text, want string }{
		"comma":                            {"a,b\n1,2\n", `1["a" "b"] 2["1" "2"]`},
		"semicolon, CRLF":                  {"a;b\r\n1;2,5\r\n", `1["a" "b"] 2["1" "2,5"]`},
		"tab":                              {"a\tb\n1\t2\n", `1["a" "b"] 2["1" "2"]`},
		"bar":                              {"a|b\n1|2\n", `1["a" "b"] 2["1" "2"]`},
		"lines of the oldest programs":     {"a,b\r1,2\r", `1["a" "b"] 2["1" "2"]`},
		"a byte order mark":                {"\xef\xbb\xbfa,b\n1,2\n", `1["a" "b"] 2["1" "2"]`},
		"UTF-16, little end first":         {utf16(unicode.LittleEndian), `1["number" "name"] 2["+4670" "Åsa"]`},
		"UTF-16, big end first":            {utf16(unicode.BigEndian), `1["number" "name"] 2["+4670" "Åsa"]`},
		"Latin-1 stays as it is":           {"a,b\n1,\xc5sa\n", `1["a" "b"] 2["1" "\xc5sa"]`},
		"quotes":                           {"a,b\n\"1,5\",\"say \"\"hi\"\"\"\n\"\",5\"\n", `1["a" "b"] 2["1,5" "say \"hi\""] 3["" "5\""]`},
		"empty lines are counted":          {"a,b\n\n1,2\n  \n3,4\n", `1["a" "b"] 3["1" "2"] 5["3" "4"]`},
		"a lone quote costs its line":      {"a,b\n\"1,2\n3,4\n", `1["a" "b"] 2["1,2"]open_quote 3["3" "4"]`},
		"text after a quote":               {"a,b\n\"1\"x,2\n3,4\n", `1["a" "b"] 2["1"]after_quote 3["3" "4"]`},
		"too few and too many":             {"a,b\n1\n1,2,3\n1,2,,\n", `1["a" "b"] 2["1"]other_number 3["1" "2" "3"]other_number 4["1" "2" "" ""]`},
		"half a file":                      {"a,b\n1,2\n3,4", `1["a" "b"] 2["1" "2"] 3["3" "4"]cut_off`},
		"a line longer than a line can be": {"a,b\n" + strings.Repeat("x", sheet.MostLine+1) + "\n1,2\n", `1["a" "b"] 2[]long_line 3["1" "2"]`},
		"more cells than a row can have":   {"a,b\n" + strings.Repeat(",", 300) + "\n1,2\n", `1["a" "b"] 2` + fmt.Sprintf("%q", make([]string, 256)) + `many_cells 3["1" "2"]`},
	} {
		if got := shown(rows(t, strings.NewReader(test.text), 0)); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
	if got := shown(rows(t, strings.NewReader("a;b,c\n1;2,3\n"), ',')); got != `1["a;b" "c"] 2["1;2" "3"]` {
		t.Errorf("a separator that is named: %s", got)
	}
}

func TestAFileThatIsNoTableIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"nothing":                     {"", "empty"},
		"a workbook":                  {"PK\x03\x04xxxx", "save the sheet as CSV"},
		"gzip":                        {"\x1f\x8b\x08", "unpack"},
		"UTF-32":                      {"\xff\xfe\x00\x00a\x00\x00\x00", "UTF-8"},
		"UTF-16 that does not say so": {"n\x00u\x00m\x00b\x00e\x00r\x00\n\x00", "UTF-16"},
	} {
		_, err := sheet.Open(strings.NewReader(test.text), 0)
		if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// endless is a file of so many bytes that costs nothing.
type endless struct{ line string }

func (e endless) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], e.line)
	}
	return n, nil
}

// A quote that is never closed at the beginning of 2 GB took other readers' memory; here it costs its line.
func TestMemoryStaysFlatAndALongFileEnds(t *testing.T) {
	t.Parallel()
	head := strings.NewReader("number,name\n\"+4670,x\n")
	r, err := sheet.Open(io.MultiReader(head, endless{strings.Repeat("x", 32<<10-1) + "\n"}), 0)
	if err != nil {
		t.Fatal(err)
	}
	r.EndAfter(128 << 20) // or the test takes seconds
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	lines := 0
	for ; err == nil; lines++ {
		_, err = r.Next()
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if !errors.Is(err, dialtone.ErrInvalid) || !strings.Contains(err.Error(), "1 GiB") {
		t.Errorf("after %d lines: %v", lines, err)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("memory grew by %d bytes", grown)
	}
}

func TestAFaultOfTheSourceIsNotTheEnd(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection lost")
	r, err := sheet.Open(io.MultiReader(strings.NewReader("a,b\n1,2\n3,"), failing{lost}), ',')
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Next(); !errors.Is(err, lost) {
		t.Errorf("after half a line: %v", err)
	}
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

func TestNoCellIsAFormula(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"=1+1", "+46701740605", "-1", "@SUM(A1)", "\t=1", "＝1", "=cmd|' /C calc'!A0"} {
		if got := sheet.Text(cell); got != "'"+cell || sheet.Plain(got) != cell {
			t.Errorf("%q is written as %q and read as %q", cell, got, sheet.Plain(got))
		}
	}
	for _, cell := range []string{"", "Åsa", "0701740605", "a=b", "'tis"} {
		if got := sheet.Text(cell); got != cell {
			t.Errorf("%q is written as %q", cell, got)
		}
		if got := sheet.Plain(cell); got != cell {
			t.Errorf("%q is read as %q", cell, got)
		}
	}
	if got := sheet.Plain("'0701740605"); got != "0701740605" {
		t.Errorf("a number that a spreadsheet was told to be text is read as %q", got)
	}
	if got := sheet.Text("a\x00b\xff"); got != "a�b�" {
		t.Errorf("what is no text is written as %q", got)
	}
}

func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	t.Parallel()
	cell := rapid.StringOf(rapid.RuneFrom([]rune("ab =+-@\",;\t'0Å")))
	rapid.Check(t, func(t *rapid.T) {
		cells := rapid.SliceOfN(cell, 2, 4).Draw(t, "cells")
		var out bytes.Buffer
		w := sheet.NewWriter(&out)
		if err := errors.Join(w.Write("x"+cells[0], cells[1]), w.Write(cells...), w.Flush()); err != nil {
			t.Fatal(err)
		}
		read := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out.Bytes(), []byte("\xef\xbb\xbf"))))
		read.FieldsPerRecord = -1
		records, err := read.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		r, err := sheet.Open(&out, ',')
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		row, err := r.Next()
		if err != nil || len(records) != 2 || !slices.Equal(row.Cells, records[1]) {
			t.Fatalf("%q, another reader: %q, error %v", row.Cells, records, err)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"\n\"", "\xff\xfea\x00", "a\rb\r\nc", "\"\"\"\",\"x\"y"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := sheet.Open(bytes.NewReader(text), 0)
		if err != nil {
			return
		}
		for last := 0; ; {
			row, err := r.Next()
			if err != nil {
				return
			}
			if row.Line <= last || len(row.Cells) > 256 {
				t.Fatalf("line %d after %d, %d cells", row.Line, last, len(row.Cells))
			}
			last = row.Line
		}
	})
}
