package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// reportMachine says on what and how was measured.
func reportMachine(w io.Writer, p program, o options) {
	fmt.Fprintf(w, "%s, %d cores (%s), shared by the load generator, the server and the database; %s\n",
		runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), processor(), runtime.Version())
	fmt.Fprintf(w, "%s connections, %d rounds, each operation %s after %s of warming up; binary %.1f MB\n",
		strings.Trim(strings.ReplaceAll(fmt.Sprint(o.widths), " ", ", "), "[]"), o.rounds, o.burst.measuring, o.burst.warming, megabytes(p.size))
}

// processor names the processor, where Linux tells it.
func processor() string {
	file, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "processor unknown"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if name, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}

// report prints the results as Markdown.
func (r results) report(w io.Writer) {
	fmt.Fprintf(w, "\n### %s\n", r.engine)
	for _, width := range r.widths {
		fmt.Fprintf(w, "\n#### %s\n\n", connections(width.connections))
		writeTable(w, width.rates(r.operations))
		fmt.Fprintln(w)
		writeTable(w, width.costs(r.operations, r.counted))
		if len(width.signing[0]) > 0 {
			fmt.Fprintln(w)
			writeTable(w, width.besideSignatures())
		}
	}
	f := r.facts
	fmt.Fprintf(w, "\n#### The server as a whole\n\n")
	writeTable(w, [][]string{
		{"and", "ours", "goal"},
		{"start to serving, keys and tables made first", milliseconds(f.first), ""},
		{"start to serving", milliseconds(f.again), "< 500 ms"},
		{"memory, idle", fmt.Sprintf("%.0f MB", megabytes(f.idle)), "< 60 MB"},
		{fmt.Sprintf("memory, %d connections at work", crowdedConnections), fmt.Sprintf("%.0f MB", megabytes(f.crowded)), "< 200 MB"},
		{"introspections a second meanwhile", rate(f.rate), ""},
	})
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}

// rates is how fast both servers are, and what that says.
func (a atWidth) rates(operations []operation) [][]string {
	rows := [][]string{{"operation", "bare server's work", "ours/s", "p50", "p99", "bare/s", "p50", "p99", "ratio", "min–max", "goal", ""}}
	for _, o := range operations {
		m := summarize(a.pairs[o.name])
		row := []string{
			o.title, o.work,
			rate(m.ours.rate), milliseconds(m.ours.p50), milliseconds(m.ours.p99),
			rate(m.bare.rate), milliseconds(m.bare.p50), milliseconds(m.bare.p99),
			fmt.Sprintf("%.2f", m.ratio), fmt.Sprintf("%.2f–%.2f", m.least, m.most), "", "",
		}
		if a.connections >= goalsFrom {
			row[10], row[11] = fmt.Sprintf("≥ %.2f", o.goal), verdict(m.ratio, o.goal)
		}
		rows = append(rows, row)
	}
	return rows
}

// costs is what one operation takes.
func (a atWidth) costs(operations []operation, counted bool) [][]string {
	rows := [][]string{{"one operation takes", "CPU, ours", "bare"}}
	if counted {
		rows[0] = append(rows[0], "statements, ours", "bare", "round trips, ours", "bare")
	}
	for _, o := range operations {
		m := summarize(a.pairs[o.name])
		row := []string{o.title, microseconds(m.ours.cpu), microseconds(m.bare.cpu)}
		if counted {
			c := a.counted[o.name]
			row = append(row, share(c.ours.statements), share(c.bare.statements), share(c.ours.trips), share(c.bare.trips))
		}
		rows = append(rows, row)
	}
	return rows
}

func (a atWidth) besideSignatures() [][]string {
	reads, tokens := summarize(a.signing[0]), summarize(a.signing[1])
	return [][]string{
		{"and", "ours", "bare"},
		{"p99 of introspection while RS256 signatures run", milliseconds(reads.ours.p99), milliseconds(reads.bare.p99)},
		{"introspections a second meanwhile", rate(reads.ours.rate), rate(reads.bare.rate)},
		{"ID tokens a second meanwhile", rate(tokens.ours.rate), rate(tokens.bare.rate)},
	}
}

// share is a count for each operation; many may share one.
func share(count float64) string { return fmt.Sprintf("%.2f", count) }

// summary is an operation over all rounds.
type summary struct {
	pair
	ratio       float64
	least, most float64 // of the rounds' ratios
}

// summarize takes the medians. The ratio is the median of the rounds' ratios, not the ratio of the medians.
func summarize(pairs []pair) summary {
	side := func(of func(pair) measurement) measurement {
		var rates []float64
		var p50, p99, cpu []time.Duration
		for _, p := range pairs {
			m := of(p)
			rates, p50, p99, cpu = append(rates, m.rate), append(p50, m.p50), append(p99, m.p99), append(cpu, m.cpu)
		}
		return measurement{rate: median(rates), p50: median(p50), p99: median(p99), cpu: median(cpu)}
	}
	var ratios []float64
	for _, p := range pairs {
		ratios = append(ratios, p.ours.rate/p.bare.rate)
	}
	return summary{
		pair:  pair{side(func(p pair) measurement { return p.ours }), side(func(p pair) measurement { return p.bare })},
		ratio: median(ratios),
		least: slices.Min(ratios),
		most:  slices.Max(ratios),
	}
}

func verdict(ratio, goal float64) string {
	if ratio < goal {
		return "below"
	}
	return "met"
}

func rate(perSecond float64) string { return fmt.Sprintf("%.0f", perSecond) }

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func microseconds(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// writeTable writes a Markdown table with its columns aligned, so that it can be read as it is.
func writeTable(w io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 1)
		}
	}
	line := func(row []string) {
		for i, cell := range row {
			fmt.Fprintf(w, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(w, "|")
	}
	line(rows[0])
	rule := make([]string, len(widths))
	for i, width := range widths {
		rule[i] = strings.Repeat("-", width)
	}
	line(rule)
	for _, row := range rows[1:] {
		line(row)
	}
}
