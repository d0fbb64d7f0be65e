// Package sheet reads tables as people and their programs write them, line by line, and writes them so that no cell becomes a formula.
//
// It owns encodings, separators, quotes and bounds. It refuses to know what a column means, and to guess: what is no text is refused as
// a file, what is no row as a line, and the next line is read as if nothing had been.
//
//	bytes ─ encoding, or ErrInvalid ─▶ lines of at most 64 KiB ─ separator, quotes ─▶ Row
//
// A cell does not go beyond its line: a quote that nobody closed costs one line and not the rest of the file, and memory stays what a
// line takes, however long the file is.
package sheet

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

const (
	// MostBytes is the longest file that is read.
	MostBytes = 1 << 30
	// MostLine is the longest line, in bytes.
	MostLine = 64 << 10

	mostCells = 256
)

// Problem is why a line is no row.
type Problem string

const (
	OpenQuote   Problem = "open_quote"   // a cell begins with a quote that does not end on the line
	AfterQuote  Problem = "after_quote"  // between the end of a quoted cell and the separator stands something
	LongLine    Problem = "long_line"    // more than MostLine bytes
	ManyCells   Problem = "many_cells"   // more than 256 cells
	OtherNumber Problem = "other_number" // another number of cells than the first line has
	CutOff      Problem = "cut_off"      // the last line has no end: the file may be half of one
)

// Row is a line of the file.
type Row struct {
	Line    int // counted from 1, as editors do
	Cells   []string
	Problem Problem // empty: none; else Cells are what could be told apart
	Column  int     // of the problem, from 1; 0: it is the line's
	Begin   string  // of the line, where there is a problem
	Bytes   int64   // of the file, up to the line's end
}

// Reader reads one table. It is not safe for concurrent use.
type Reader struct {
	in        *bufio.Reader
	counted   *counter
	separator byte
	width     int // cells of the first line
	line      int
	buffer    []byte
}

// separators are tried in this order where a file does not say.
const separators = ";,\t|"

// Open begins to read. Separator 0: it is found out, by the first line. Error: ErrInvalid if it is no text that can be read as one thing
// only; it says what to do.
func Open(from io.Reader, separator byte) (*Reader, error) {
	counted := &counter{from: from, most: MostBytes}
	text, err := decoded(counted)
	if err != nil {
		return nil, err
	}
	r := &Reader{in: text, counted: counted, separator: separator}
	if separator == 0 {
		first, err := text.Peek(MostLine)
		if err != nil && err != io.EOF && len(first) == 0 {
			return nil, err
		}
		r.separator = separatorOf(first)
	}
	return r, nil
}

// Separator is the one that cells are told apart by.
func (r *Reader) Separator() byte { return r.separator }

// separatorOf is the one that a first line has most of.
func separatorOf(text []byte) byte {
	if end := bytes.IndexAny(text, "\r\n"); end >= 0 {
		text = text[:end]
	}
	best, most := byte(','), 0
	for _, s := range []byte(separators) {
		if n := bytes.Count(text, []byte{s}); n > most {
			best, most = s, n
		}
	}
	return best
}

// Next returns the next line that is not empty; io.EOF after the last one. Any other error is the file's or the network's: what was read
// before it is good. ErrInvalid: the file is longer than MostBytes.
func (r *Reader) Next() (Row, error) {
	for {
		text, long, ended, err := r.readLine()
		if err != nil {
			return Row{}, err
		}
		r.line++
		if strings.TrimSpace(text) == "" && !long {
			continue
		}
		row := Row{Line: r.line, Bytes: r.counted.n - int64(r.in.Buffered())}
		switch {
		case long:
			row.Problem = LongLine
		default:
			row.Cells, row.Column, row.Problem = split(text, r.separator)
		}
		if r.width == 0 && row.Problem == "" {
			r.width = len(row.Cells)
		}
		switch {
		case row.Problem != "":
		case !ended:
			row.Problem = CutOff
		case len(row.Cells) != r.width && !spare(row.Cells, r.width):
			row.Problem = OtherNumber
		}
		if row.Problem != "" {
			const begin = 60
			row.Begin = strings.ToValidUTF8(text[:min(len(text), begin)], "�")
		}
		return row, nil
	}
}

// spare reports whether what a row has too many is empty: programs that write one separator at each line's end but the first.
func spare(cells []string, width int) bool {
	if len(cells) < width {
		return false
	}
	for _, cell := range cells[width:] {
		if strings.TrimSpace(cell) != "" {
			return false
		}
	}
	return true
}

// readLine returns the text up to \n, \r\n or \r, without it. Long: there was more than MostLine, and it is passed over. Ended: there was
// an end. Error: io.EOF if there is nothing more.
func (r *Reader) readLine() (text string, long, ended bool, err error) {
	r.buffer = r.buffer[:0]
	for empty := true; ; empty = false {
		b, err := r.in.ReadByte()
		switch {
		case err == io.EOF && empty:
			return "", false, false, io.EOF
		case err == io.EOF:
			return string(r.buffer), long, false, nil
		case err != nil:
			return "", false, false, err
		case b == '\r':
			if next, err := r.in.Peek(1); err == nil && next[0] == '\n' {
				_, _ = r.in.Discard(1)
			}
			return string(r.buffer), long, true, nil
		case b == '\n':
			return string(r.buffer), long, true, nil
		case len(r.buffer) == MostLine:
			long = true
		default:
			r.buffer = append(r.buffer, b)
		}
	}
}

// split tells the cells of a line apart (RFC 4180, but that a cell ends with its line, and a quote inside a cell that does not begin with
// one is a character).
func split(line string, separator byte) (cells []string, column int, problem Problem) {
	cells = make([]string, 0, 8)
	for {
		if len(cells) == mostCells {
			return cells, 0, ManyCells
		}
		if !strings.HasPrefix(line, `"`) {
			cell, rest, more := strings.Cut(line, string(separator))
			cells = append(cells, cell)
			if !more {
				return cells, 0, ""
			}
			line = rest
			continue
		}
		cell, rest, closed := quoted(line[1:])
		cells = append(cells, cell)
		switch {
		case !closed:
			return cells, len(cells), OpenQuote
		case rest == "":
			return cells, 0, ""
		case rest[0] != separator:
			return cells, len(cells), AfterQuote
		}
		line = rest[1:]
	}
}

// quoted returns the text up to the quote that ends it, each doubled one as one, and what comes after.
func quoted(text string) (cell, rest string, closed bool) {
	end := strings.IndexByte(text, '"')
	if end >= 0 && !strings.HasPrefix(text[end+1:], `"`) {
		return text[:end], text[end+1:], true // no copy, as nearly always
	}
	var out strings.Builder
	for {
		end := strings.IndexByte(text, '"')
		if end < 0 {
			return out.String() + text, "", false
		}
		out.WriteString(text[:end])
		if text = text[end+1:]; !strings.HasPrefix(text, `"`) {
			return out.String(), text, true
		}
		out.WriteByte('"')
		text = text[1:]
	}
}
