package desk

import "strings"

// Harmless keeps texts that others wrote from being run as formulas when a spreadsheet opens the file (CWE-1236).
func Harmless(cells ...string) []string {
	for i, text := range cells {
		if strings.ContainsAny(text[:min(1, len(text))], "=+-@\t\r\n") {
			cells[i] = "'" + text
		}
	}
	return cells
}
