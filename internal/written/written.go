// Package written reads the YAML files that people write, documents for `dialtone apply` and configuration, without guessing.
//
// YAML turns 0701 into 449, +46700000000 into a number and 9.90 into 9.9. Here every value is kept as it was written, with its
// line and column, and whoever knows what a field is for asks for that: Text, Int, Bool, Duration. What would have to be guessed
// is refused with the right writing. So are a key that comes twice, a second document, text that is not UTF-8, and anchors,
// aliases, merge keys and tags: what a file says stands where it says it, and none can grow without bounds.
//
//	Read ── bytes ─▶ Value ── Fields, List, Text, Int, Bool, Duration …
//	Into ── a Value into a struct with yaml tags
//
// Errors are *Fault: file, line, column and what to write.
package written

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Fault is one thing that is wrong in a file. It wraps ErrInvalid.
type Fault struct {
	File         string // as the person called it; may be empty
	Line, Column int    // from 1
	Problem      string // what is wrong and what to write instead
}

// Error is FILE:LINE:COLUMN: and the problem, as compilers print it.
func (f *Fault) Error() string {
	place := fmt.Sprintf("%d:%d: %s", f.Line, f.Column, f.Problem)
	if f.File == "" {
		return place
	}
	return f.File + ":" + place
}

// Unwrap makes errors.Is(err, ErrInvalid) true.
func (f *Fault) Unwrap() error { return dialtone.ErrInvalid }

type kind int

const (
	plain  kind = iota // a scalar without quotes
	quoted             // in quotes, or a block of text
	list
	mapping
)

// Value is a value as it was written.
type Value struct {
	Line, Column int
	// Name is the key that the value stands under, of a list's values the list's; empty at the top.
	Name   string
	file   string
	kind   kind
	text   string
	list   []*Value
	fields []Field
}

// Field is a key of a mapping with its value.
type Field struct {
	Key string
	At  *Value // the key itself, for a fault
	*Value
}

// Largest is how many bytes of a file are read: more than anybody writes.
const Largest = 32 << 20

// Read reads one YAML document. A file with nothing in it is an empty mapping. File is how faults call it.
func Read(file string, content []byte) (*Value, error) {
	start := &Value{Line: 1, Column: 1, file: file, kind: mapping}
	content, err := start.utf8(content)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseBytes(content, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, start.syntax(err)
	}
	var body ast.Node
	for _, d := range parsed.Docs {
		switch {
		case d.Body == nil:
		case d.Body.Type() == ast.DirectiveType:
			return nil, at(file, d.Body).Fault("leave this line out: a file needs no %% directives")
		case body != nil:
			return nil, at(file, d.Body).Fault("a second document begins here: put everything into one, or into a file of its own")
		default:
			body = d.Body
		}
	}
	if body == nil {
		return start, nil
	}
	return build(file, "", body)
}

// utf8 returns the text without a byte order mark.
func (v *Value) utf8(content []byte) ([]byte, error) {
	switch {
	case len(content) > Largest:
		return nil, v.Fault("the file is larger than %d MiB", Largest>>20)
	case bytes.HasPrefix(content, []byte("\xff\xfe")), bytes.HasPrefix(content, []byte("\xfe\xff")):
		return nil, v.Fault("the file is UTF-16: save it as UTF-8")
	}
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	for line, rest := 1, content; len(rest) > 0; line++ {
		text, after, _ := bytes.Cut(rest, []byte("\n"))
		rest = after
		if utf8.Valid(text) && bytes.IndexByte(text, 0) < 0 {
			continue
		}
		column := 1
		for len(text) > 0 {
			r, size := utf8.DecodeRune(text)
			if r == utf8.RuneError && size == 1 || r == 0 {
				break
			}
			text, column = text[size:], column+1
		}
		place := &Value{Line: line, Column: column, file: v.file}
		if len(text) > 0 && text[0] == 0 {
			return nil, place.Fault("here is a NUL byte: save the file as UTF-8, without a terminal's or UTF-16's control characters")
		}
		return nil, place.Fault("the byte 0x%02X is not UTF-8: save the file as UTF-8, not as Latin-1 or Windows-1252", text[0])
	}
	return content, nil
}

// syntax is what the parser says, without the source: a configuration file may hold secrets, and errors are logged.
func (v *Value) syntax(err error) error {
	var syntax *yaml.SyntaxError
	if errors.As(err, &syntax) && syntax.Token != nil {
		return at(v.file, &ast.StringNode{Token: syntax.Token}).Fault("this is not YAML: %s", syntax.Message)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return v.Fault("this is not YAML: %s", first)
}

func at(file string, node ast.Node) *Value {
	v := &Value{Line: 1, Column: 1, file: file}
	if t := firstToken(node); t != nil && t.Position != nil {
		v.Line, v.Column = t.Position.Line, t.Position.Column
	}
	return v
}

// firstToken is where a person would say that the value begins: a mapping at its first key, not at that key's colon.
func firstToken(node ast.Node) *token.Token {
	switch n := node.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return firstToken(n.Values[0])
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return node.GetToken()
}

func build(file, name string, node ast.Node) (*Value, error) {
	v := at(file, node)
	v.Name = name
	switch n := node.(type) {
	case *ast.MappingNode:
		v.kind = mapping
		return v, v.fill(file, n.Values)
	case *ast.MappingValueNode:
		v.kind = mapping
		return v, v.fill(file, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		v.kind = list
		for _, item := range n.Values {
			child, err := build(file, name, item)
			if err != nil {
				return nil, err
			}
			v.list = append(v.list, child)
		}
	case *ast.NullNode:
		v.kind = plain // "", "~" or "null"
		v.text = ""
	case *ast.LiteralNode:
		v.kind, v.text = quoted, n.Value.Value
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return nil, v.Fault("anchors, aliases and merge keys (& * <<) are not read: write out what this stands for")
	case *ast.TagNode:
		return nil, v.Fault("tags (!) are not read: write a text in quotes, and everything else as it is")
	case ast.ScalarNode:
		return v, v.scalar(n)
	default:
		return nil, v.Fault("this is more than a value needs: write a text, a number, a list or a mapping")
	}
	return v, nil
}

func (v *Value) scalar(n ast.ScalarNode) error {
	t := n.GetToken()
	switch t.Type {
	case token.SingleQuoteType, token.DoubleQuoteType:
		v.kind, v.text = quoted, t.Value
	default:
		v.kind, v.text = plain, t.Value
	}
	return nil
}

func (v *Value) fill(file string, pairs []*ast.MappingValueNode) error {
	seen := make(map[string]int, len(pairs))
	for _, pair := range pairs {
		key, err := build(file, "", pair.Key)
		if err != nil {
			return err
		}
		if _, explicit := pair.Key.(*ast.MappingKeyNode); explicit || key.kind != plain && key.kind != quoted {
			return key.Fault("a key is a word and a colon")
		}
		if line, twice := seen[key.text]; twice {
			return key.Fault("%s is there already, at line %d: keep one of the two", key.text, line)
		}
		seen[key.text] = key.Line
		value, err := build(file, key.text, pair.Value)
		if err != nil {
			return err
		}
		v.fields = append(v.fields, Field{Key: key.text, At: key, Value: value})
	}
	return nil
}

// Fault says what is wrong at the value's place.
func (v *Value) Fault(format string, args ...any) error {
	return &Fault{File: v.file, Line: v.Line, Column: v.Column, Problem: fmt.Sprintf(format, args...)}
}
