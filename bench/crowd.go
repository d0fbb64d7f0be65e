package main

import (
	"errors"
	"fmt"
	"sync/atomic"
)

// products is how many products take part. Each one asks a subscriber for consent anew, so that every number can be a new
// subscriber this many times.
const products = 8

// crowd hands out people who have not signed in to a product before: every test number of the sandbox operator at every
// product. Safe for concurrent use.
type crowd struct{ given atomic.Int64 }

// newcomer is somebody at a product's sign-in.
type newcomer struct {
	number, pin string
	product     int
}

// errNobodyLeft ends a measurement: there is nobody who has not signed in yet.
var errNobodyLeft = errors.New("every test number has signed in to every product")

// The published test numbers (docs/promises.md, Test numbers): +46 70 174 06 05 … 99 and +44 7700 900000 … 999.
const (
	swedish = 95
	british = 1000
)

func (c *crowd) newcomer() (newcomer, error) {
	given := int(c.given.Add(1) - 1)
	if given >= products*(swedish+british) {
		return newcomer{}, errNobodyLeft
	}
	number := testNumber(given % (swedish + british))
	return newcomer{number: number, pin: number[len(number)-6:], product: given / (swedish + british)}, nil
}

func testNumber(i int) string {
	if i < british {
		return fmt.Sprintf("+447700900%03d", i)
	}
	return fmt.Sprintf("+467017406%02d", 5+i-british)
}
