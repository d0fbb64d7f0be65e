package web

import (
	"html"
	"html/template"
	"text/template/parse"
)

// fold puts what a template says in the same way on every page, such as a message without values, into its text once. Most of a page
// is that, and looking it up again for each person costs more than all the rest of the page. Constants are functions of constant
// texts; each returns markup, or nothing, and then the call stays.
func fold(set *template.Template, constants map[string]func(arguments ...string) (markup string, ok bool)) {
	for _, t := range set.Templates() {
		if t.Tree != nil {
			foldList(t.Tree.Root, constants)
		}
	}
}

func foldList(list *parse.ListNode, constants map[string]func(...string) (string, bool)) {
	if list == nil {
		return
	}
	for i, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			if markup, ok := constant(node, constants); ok {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: node.Pos, Text: []byte(markup)}
			}
		case *parse.IfNode:
			foldBranch(&node.BranchNode, constants)
		case *parse.RangeNode:
			foldBranch(&node.BranchNode, constants)
		case *parse.WithNode:
			foldBranch(&node.BranchNode, constants)
		}
	}
}

func foldBranch(branch *parse.BranchNode, constants map[string]func(...string) (string, bool)) {
	foldList(branch.List, constants)
	foldList(branch.ElseList, constants)
}

// constant returns what an action of one call with nothing but constant texts says.
func constant(action *parse.ActionNode, constants map[string]func(...string) (string, bool)) (string, bool) {
	pipe := action.Pipe
	if len(pipe.Decl) > 0 || len(pipe.Cmds) != 1 {
		return "", false
	}
	words := pipe.Cmds[0].Args
	name, ok := words[0].(*parse.IdentifierNode)
	if !ok || constants[name.Ident] == nil {
		return "", false
	}
	var arguments []string
	for _, word := range words[1:] {
		text, ok := word.(*parse.StringNode)
		if !ok {
			return "", false
		}
		arguments = append(arguments, text.Text)
	}
	return constants[name.Ident](arguments...)
}

// constants are those of the functions that can be folded, in one language.
func (r *Renderer) constants(language string) map[string]func(...string) (string, bool) {
	message := func(arguments ...string) (string, bool) {
		if len(arguments) != 1 {
			return "", false
		}
		text, ok := r.languages.fixed[language][arguments[0]]
		return html.EscapeString(text), ok
	}
	word := func(text string) func(...string) (string, bool) {
		return func(arguments ...string) (string, bool) { return html.EscapeString(text), len(arguments) == 0 }
	}
	return map[string]func(...string) (string, bool){
		"t":         message,
		"label":     message,
		"language":  word(language),
		"direction": word(direction(language)),
		"asset": func(arguments ...string) (string, bool) {
			if len(arguments) != 1 {
				return "", false
			}
			address, err := r.assets.Address(arguments[0])
			return html.EscapeString(address), err == nil // the call tells why
		},
	}
}
