package sheet

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const (
	readAhead = MostLine + 64
	sample    = 4096 // bytes that tell what a file is
)

// magics are how files begin that people take for tables.
var magics = []struct{ begin, what string }{
	{"PK\x03\x04", "a workbook or another packed file, and not text: save the sheet as CSV (UTF-8)"},
	{"\xd0\xcf\x11\xe0", "an old workbook, and not text: save the sheet as CSV (UTF-8)"},
	{"\x1f\x8b", "packed with gzip: unpack it first"},
	{"%PDF", "a PDF, and not text"},
	{"\x00\x00\xfe\xff", "UTF-32: save it as UTF-8"},
	{"\xff\xfe\x00\x00", "UTF-32: save it as UTF-8"},
	{"SQLite format", "a database, and not text"},
}

// decoded returns the file as UTF-8 without a byte order mark. What is in no encoding that the file itself names stays as it is: a reader
// of cells sees that those it wants are no UTF-8.
func decoded(from io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(from, readAhead)
	begin, err := in.Peek(sample)
	if err != nil && err != io.EOF && len(begin) == 0 {
		return nil, err
	}
	for _, m := range magics {
		if bytes.HasPrefix(begin, []byte(m.begin)) {
			return nil, fmt.Errorf("%w: the file is %s", dialtone.ErrInvalid, m.what)
		}
	}
	switch {
	case len(begin) == 0:
		return nil, fmt.Errorf("%w: the file is empty", dialtone.ErrInvalid)
	case bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")):
		_, err := in.Discard(3)
		return in, err
	case bytes.HasPrefix(begin, []byte("\xff\xfe")), bytes.HasPrefix(begin, []byte("\xfe\xff")):
		utf16 := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()
		return bufio.NewReaderSize(transform.NewReader(in, utf16), readAhead), nil
	case bytes.Count(begin, []byte{0})*4 > len(begin):
		return nil, fmt.Errorf("%w: every second byte of the file is zero, as in UTF-16 without a byte order mark: save it as UTF-8", dialtone.ErrInvalid)
	}
	return in, nil
}

// counter counts what was read, and ends a file that is too long.
type counter struct {
	from    io.Reader
	n, most int64
}

func (c *counter) Read(p []byte) (int, error) {
	if c.n > c.most {
		return 0, fmt.Errorf("%w: the file is longer than 1 GiB: split it", dialtone.ErrInvalid)
	}
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}
