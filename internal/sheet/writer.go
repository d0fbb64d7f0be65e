package sheet

import (
	"encoding/csv"
	"io"
	"strings"
)

// Writer writes a table that spreadsheets and people can open: UTF-8 with a byte order mark, and no cell that is a formula.
type Writer struct {
	to    *csv.Writer
	began bool
	out   io.Writer
}

// NewWriter writes to out.
func NewWriter(out io.Writer) *Writer { return &Writer{to: csv.NewWriter(out), out: out} }

// Write writes a row.
func (w *Writer) Write(cells ...string) error {
	if !w.began {
		w.began = true
		if _, err := io.WriteString(w.out, "\ufeff"); err != nil {
			return err
		}
	}
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = Text(cell)
	}
	return w.to.Write(texts)
}

// Flush writes what waits.
func (w *Writer) Flush() error {
	w.to.Flush()
	return w.to.Error()
}

// formulas are what a cell begins with that a spreadsheet would work out (OWASP, CSV Injection).
const formulas = "=+-@\t\r\n＝＋－＠"

// Text returns a cell as a spreadsheet shows it and works nothing out: with an apostrophe before what begins as a formula does. Plain undoes
// it. NUL, which no spreadsheet has, is shown as the character for what cannot be shown.
func Text(cell string) string {
	cell = strings.ReplaceAll(strings.ToValidUTF8(cell, "�"), "\x00", "�")
	if first, _ := firstRune(cell); first != 0 && strings.ContainsRune(formulas, first) {
		return "'" + cell
	}
	return cell
}

// Plain returns the text of a cell that Text, or a spreadsheet, has marked as text.
func Plain(cell string) string {
	if rest, marked := strings.CutPrefix(cell, "'"); marked {
		if first, ok := firstRune(rest); ok && (strings.ContainsRune(formulas, first) || first >= '0' && first <= '9') {
			return rest
		}
	}
	return cell
}

func firstRune(text string) (rune, bool) {
	for _, r := range text {
		return r, true
	}
	return 0, false
}
