package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"
)

// reportMachine says on what and how was measured.
func reportMachine(w io.Writer, p program, o options) {
	fmt.Fprintf(w, "%s, %d cores (%s), shared by the load generator, the server and the database; %s\n",
		runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(), processor(), runtime.Version())
	fmt.Fprintf(w, "%d connections, %d rounds, each operation %s after %s of warming up; binary %.1f MB\n",
		o.connections, o.rounds, o.burst.measuring, o.burst.warming, megabytes(p.size))
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
	fmt.Fprintf(w, "\n### %s\n\n", r.engine)
	rows := [][]string{{"operation", "bare server's work", "ours/s", "p50", "p99", "CPU", "bare/s", "p50", "p99", "CPU", "ratio", "goal", ""}}
	for _, o := range r.operations {
		m := summarize(r.pairs[o.name])
		rows = append(rows, []string{
			o.title, o.work,
			rate(m.ours.rate), milliseconds(m.ours.p50), milliseconds(m.ours.p99), microseconds(m.ours.cpu),
			rate(m.bare.rate), milliseconds(m.bare.p50), milliseconds(m.bare.p99), microseconds(m.bare.cpu),
			fmt.Sprintf("%.2f", m.ratio), fmt.Sprintf("≥ %.2f", o.goal), verdict(m.ratio, o.goal),
		})
	}
	writeTable(w, rows)
	fmt.Fprintln(w)

	rows = [][]string{{"and", "ours", "bare", "goal"}}
	if len(r.signing[0]) > 0 {
		reads, tokens := summarize(r.signing[0]), summarize(r.signing[1])
		rows = append(rows,
			[]string{"p99 of introspection while RS256 signatures run", milliseconds(reads.ours.p99), milliseconds(reads.bare.p99), ""},
			[]string{"introspections a second meanwhile", rate(reads.ours.rate), rate(reads.bare.rate), ""},
			[]string{"ID tokens a second meanwhile", rate(tokens.ours.rate), rate(tokens.bare.rate), ""})
	}
	f := r.facts
	rows = append(rows,
		[]string{"start to serving, keys and tables made first", milliseconds(f.first), "", ""},
		[]string{"start to serving", milliseconds(f.again), "", "< 500 ms"},
		[]string{"memory, idle", fmt.Sprintf("%.0f MB", megabytes(f.idle)), "", "< 60 MB"},
		[]string{fmt.Sprintf("memory, %d connections at work", crowdedConnections), fmt.Sprintf("%.0f MB", megabytes(f.crowded)), "", "< 200 MB"},
		[]string{"introspections a second meanwhile", rate(f.rate), "", ""},
	)
	writeTable(w, rows)
}

// summary is an operation over all rounds.
type summary struct {
	pair
	ratio float64
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
		return measurement{median(rates), median(p50), median(p99), median(cpu)}
	}
	var ratios []float64
	for _, p := range pairs {
		ratios = append(ratios, p.ours.rate/p.bare.rate)
	}
	return summary{
		pair:  pair{side(func(p pair) measurement { return p.ours }), side(func(p pair) measurement { return p.bare })},
		ratio: median(ratios),
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
