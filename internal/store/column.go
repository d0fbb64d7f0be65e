package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// micros returns t as a column holds it: Unix microseconds, or NULL for the zero time.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// instant scans what micros wrote.
type instant struct{ to *time.Time }

func (i instant) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		*i.to = time.Time{}
	case int64:
		*i.to = time.UnixMicro(value).UTC()
	default:
		return fmt.Errorf("a time is stored as %T", value)
	}
	return nil
}

// words returns a list of words as a column holds it. Scopes, AMR values and their like have no space in them.
func words(list []string) string { return strings.Join(list, " ") }

// wordList scans what words wrote.
type wordList struct{ to *[]string }

func (w wordList) Scan(value any) error {
	*w.to = nil
	switch value := value.(type) {
	case nil:
	case string:
		if value != "" {
			*w.to = strings.Split(value, " ")
		}
	default:
		return fmt.Errorf("a list of words is stored as %T", value)
	}
	return nil
}

// document returns plain data as a column holds it: JSON.
func document[T any](value T) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("store: plain data: %v", err)) // lists and maps of text cannot fail
	}
	return string(text)
}

// documented scans what document wrote.
type documented[T any] struct{ to *T }

func (d documented[T]) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a document is stored as %T", value)
	}
	*d.to = *new(T)
	return json.Unmarshal([]byte(text), d.to)
}

// orZero scans a column that an outer join may leave NULL.
type orZero[T any] struct{ to *T }

func (z orZero[T]) Scan(value any) error {
	var scanned sql.Null[T]
	err := scanned.Scan(value)
	*z.to = scanned.V
	return err
}
