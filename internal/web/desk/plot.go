package desk

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/traffic"
)

// Plot is stacked bars over time, with the same figures as a table. Its SVG is one unit wide for each bucket and plotHeight
// high; it is stretched to the room that there is.
type Plot struct {
	ID      string // of the elements that name it
	Title   string
	Summary string // what a screen reader says of the picture
	Width   int
	Bars    []Bar
	Top     string   // the figure at the upper end of the scale
	Middle  string   // half of it
	Times   []string // some of the buckets' names, evenly spread from the first to the last
	Legend  []Key
	Table   Table
	Nothing string // says that nothing happened in the range; empty: something did
}

const plotHeight = 100

// Bar is one piece of a stack.
type Bar struct {
	X, Y, Width, Height string // units of the SVG
	Series              int    // from 1: the class that gives it its colour
	Words               string // shown under the pointer
}

// Key explains a colour.
type Key struct {
	Series int
	Words  string
	Total  int64
}

// Table has a row for each bucket.
type Table struct {
	Columns []string
	Rows    []Row
	Totals  []int64 // of the columns
}

// Row is one bucket of a Table.
type Row struct {
	Start time.Time
	Name  string
	Cells []int64
}

// Stack is one series of a plot.
type Stack struct {
	Words  string
	Series traffic.Series
}

// Axis is the time of a plot.
type Axis struct {
	Buckets []time.Time
	Range   traffic.Range
}

// maxStacks is how many colours can be told apart; what is more is added up in the last one.
const maxStacks = 6

// NewPlot draws the stacks, the first one lowest.
func NewPlot(id, title string, s Axis, stacks []Stack) Plot {
	stacks = fold(stacks)
	p := Plot{ID: id, Title: title, Width: len(s.Buckets), Times: spread(s)}
	highest := int64(0)
	for i, start := range s.Buckets {
		row, sum := Row{Start: start, Name: bucketName(start, s.Range.By)}, int64(0)
		for _, stack := range stacks {
			row.Cells = append(row.Cells, stack.Series.Counts[i])
			sum += stack.Series.Counts[i]
		}
		p.Table.Rows = append(p.Table.Rows, row)
		highest = max(highest, sum)
	}
	top := scale(highest)
	for i, row := range p.Table.Rows {
		p.Bars = append(p.Bars, bars(i, row, stacks, top)...)
	}
	for i, stack := range stacks {
		p.Table.Columns = append(p.Table.Columns, stack.Words)
		p.Table.Totals = append(p.Table.Totals, stack.Series.Total)
		p.Legend = append(p.Legend, Key{Series: i + 1, Words: stack.Words, Total: stack.Series.Total})
	}
	p.Top, p.Middle = strconv.FormatInt(top, 10), strconv.FormatInt(top/2, 10)
	if highest == 0 {
		p.Nothing = "Nothing between " + between(s.Range) + "."
	}
	p.Summary = summary(p, s)
	return p
}

// fold adds up what is beyond the colours.
func fold(stacks []Stack) []Stack {
	if len(stacks) <= maxStacks {
		return stacks
	}
	rest := traffic.Series{Counts: make([]int64, len(stacks[0].Series.Counts))}
	for _, stack := range stacks[maxStacks-1:] {
		rest.Total += stack.Series.Total
		for i, n := range stack.Series.Counts {
			rest.Counts[i] += n
		}
	}
	return append(stacks[:maxStacks-1:maxStacks-1], Stack{"others", rest})
}

// bars are the pieces of one bucket.
func bars(x int, row Row, stacks []Stack, top int64) []Bar {
	const gap = 0.1 // on either side of a bar, in buckets
	var list []Bar
	below := int64(0)
	for i, n := range row.Cells {
		if n <= 0 {
			continue
		}
		height := float64(n) / float64(top) * plotHeight
		foot := float64(below) / float64(top) * plotHeight
		list = append(list, Bar{
			X: number(float64(x) + gap), Y: number(plotHeight - foot - height), Width: number(1 - 2*gap), Height: number(height),
			Series: i + 1, Words: fmt.Sprintf("%s: %d %s", row.Name, n, stacks[i].Words),
		})
		below += n
	}
	return list
}

func number(f float64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(f, 'f', 2, 64), "0"), ".")
}

// scale is the least of 2, 4, 10, 20, 40, 100, … that is not below the highest figure, so that its half is a whole number.
func scale(highest int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, times := range []int64{2, 4, 10} {
			if unit*times >= highest {
				return unit * times
			}
		}
	}
}

// spread returns the names of up to five buckets: the first, the last, and some in between at even distances.
func spread(s Axis) []string {
	const most = 5
	last := len(s.Buckets) - 1
	steps := min(most-1, last)
	for steps > 1 && last < 3*most && last%steps != 0 {
		steps-- // where each bucket is wide, an uneven distance would show
	}
	names := []string{bucketName(s.Buckets[0], s.Range.By)}
	for i := range steps {
		names = append(names, bucketName(s.Buckets[(i+1)*last/steps], s.Range.By))
	}
	return names
}

// bucketName is how a bucket is called.
func bucketName(start time.Time, by traffic.Step) string {
	if by == traffic.ByHour {
		return start.Format("2 Jan 15:04")
	}
	return start.Format("2 Jan 2006")
}

func between(r traffic.Range) string {
	return r.From.Format("2 Jan 2006") + " and " + r.To.Add(-time.Second).Format("2 Jan 2006")
}

// summary says in words what the picture shows.
func summary(p Plot, s Axis) string {
	parts := make([]string, len(p.Legend))
	for i, key := range p.Legend {
		parts[i] = fmt.Sprintf("%d %s", key.Total, key.Words)
	}
	return fmt.Sprintf("Bars by %s between %s: %s. The table below has all figures.", s.Range.By, between(s.Range), strings.Join(parts, ", "))
}
