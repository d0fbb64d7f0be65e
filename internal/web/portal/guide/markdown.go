package guide

import (
	"bytes"
	"fmt"
	"html"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	table "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/dialtone-id/dialtone/internal/web/portal/page"
)

// article is one page of the guide.
type article struct {
	Name     string // in the address
	Of       string // the name of the page that it belongs to, below which it is listed; empty: none
	Title    string // the first heading
	html     string // of what follows it, with the values still in braces
	Sections []section
}

// section is what stands under one heading: what the search finds and the list of contents shows.
type section struct {
	ID    string // of the heading; empty: before the first one
	Title string
	Depth int // 2 or 3
	words string
}

var fileName = regexp.MustCompile(`^[0-9]+-([a-z0-9-]+)\.md$`)

// readGuide renders guide/NN-name.md, in the order of NN, each followed by the pages guide/name/NN-part.md that belong to it.
func readGuide(files fs.FS) ([]article, error) {
	top, err := readFolder(files, "guide")
	if err != nil {
		return nil, err
	}
	var guide []article
	for _, a := range top {
		parts, err := readFolder(files, "guide/"+a.Name)
		if err != nil {
			return nil, err
		}
		for i := range parts {
			parts[i].Of = a.Name
		}
		guide = append(append(guide, a), parts...)
	}
	return guide, nil
}

// readFolder renders the pages of a folder; one that is not there has none.
func readFolder(files fs.FS, folder string) ([]article, error) {
	names, err := fs.Glob(files, folder+"/*.md")
	if err != nil {
		return nil, fmt.Errorf("read the guide: %w", err)
	}
	var read []article
	for _, name := range names {
		match := fileName.FindStringSubmatch(path.Base(name))
		if match == nil {
			return nil, fmt.Errorf("read the guide: %s is not of the form NN-name.md", name)
		}
		source, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read the guide: %w", err)
		}
		rendered, err := render(match[1], source)
		if err != nil {
			return nil, fmt.Errorf("read the guide: %s: %w", name, err)
		}
		read = append(read, rendered)
	}
	return read, nil
}

// markdown does not let raw HTML through: the text is ours, but so is the rule that pages hold no script.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.Table),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
	goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(codeBlocks{}, 100), util.Prioritized(tables{}, 100))),
)

func render(name string, source []byte) (article, error) {
	root := markdown.Parser().Parse(text.NewReader(source))
	title, ok := root.FirstChild().(*ast.Heading)
	if !ok || title.Level != 1 {
		return article{}, fmt.Errorf("it does not begin with a heading")
	}
	a := article{Name: name, Title: plain(title, source)}
	root.RemoveChild(root, title)
	current := section{Title: a.Title}
	for node := root.FirstChild(); node != nil; node = node.NextSibling() {
		if heading, ok := node.(*ast.Heading); ok {
			a.Sections = append(a.Sections, current)
			id, _ := heading.AttributeString("id")
			anchor, _ := id.([]byte)
			current = section{ID: string(anchor), Title: plain(heading, source), Depth: heading.Level}
			continue
		}
		current.words += plain(node, source) + "\n"
	}
	a.Sections = append(a.Sections, current)
	var body bytes.Buffer
	err := markdown.Renderer().Render(&body, source, root)
	a.html = body.String()
	return a, err
}

// plain returns the words of a node.
func plain(node ast.Node, source []byte) string {
	var words strings.Builder
	// The walk fails only if the function below does.
	_ = ast.Walk(node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				words.Write(n.Segment.Value(source))
				words.WriteByte(' ')
			}
		case *ast.FencedCodeBlock:
			if entering {
				words.Write(n.Lines().Value(source))
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(words.String()), " ")
}

// codeBlocks renders fenced code, with a copy button where it is something to type in: not beside an answer (json).
type codeBlocks struct{}

// RegisterFuncs is goldmark's renderer.NodeRenderer.
func (codeBlocks) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(ast.KindFencedCodeBlock, func(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		block, ok := node.(*ast.FencedCodeBlock)
		if !entering || !ok {
			return ast.WalkContinue, nil
		}
		code := coloured(string(block.Language(source)), string(block.Lines().Value(source)))
		if string(block.Language(source)) == "json" {
			_, err := fmt.Fprintf(w, `<pre tabindex="0"><code>%s</code></pre>`+"\n", code)
			return ast.WalkSkipChildren, err
		}
		id := fmt.Sprintf("code-%d", block.Lines().At(0).Start)
		_, err := fmt.Fprintf(w, `<div class="copy"><pre tabindex="0"><code id="%s">%s</code></pre><button class="copy-button" type="button" title="Copy" data-copy="#%s"><span class="unseen">Copy</span></button></div>`+"\n",
			id, code, id)
		return ast.WalkSkipChildren, err
	})
}

// filledIn is what a reader's own value takes the place of. While the code is taken apart it is a word: no token ends inside of it.
var (
	filledIn = regexp.MustCompile(`\{(issuer|portal|client_id|redirect_uri|post_revoke_redirect_uri|phone|pin)\}`)
	word     = regexp.MustCompile(`zzbrace_([a-z_]+)_ecarbzz`)
)

// coloured is code as HTML, with the braces as they were.
func coloured(language, code string) string {
	return word.ReplaceAllString(string(page.Code(language, filledIn.ReplaceAllString(code, "zzbrace_${1}_ecarbzz"))), "{$1}")
}

// tables puts each table into a box of its own that scrolls where it does not fit, and that a keyboard reaches.
type tables struct{}

// RegisterFuncs is goldmark's renderer.NodeRenderer.
func (tables) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(table.KindTable, func(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
		tag := "</table></div>\n"
		if entering {
			tag = `<div class="table" role="region" aria-label="` + html.EscapeString(tableName(node, source)) + `" tabindex="0"><table>` + "\n"
		}
		_, err := w.WriteString(tag)
		return ast.WalkContinue, err
	})
}

// tableName tells the table from the others of its page: by the heading above it, and its number among the tables there.
func tableName(node ast.Node, source []byte) string {
	number := 1
	for above := node.PreviousSibling(); above != nil; above = above.PreviousSibling() {
		switch above.Kind() {
		case table.KindTable:
			number++
		case ast.KindHeading:
			return numbered("Table: "+plain(above, source), number)
		}
	}
	return numbered("Table", number)
}

func numbered(words string, number int) string {
	if number == 1 {
		return words
	}
	return fmt.Sprintf("%s, %d", words, number)
}
