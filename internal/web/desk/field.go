package desk

// Field is one field of a form, rendered by {{template "field" .}}.
type Field struct {
	Name, Label  string
	Hint         string // how to fill it in
	Value        string
	Problem      string // what is wrong with the value; empty: nothing
	Type         string // text (default), email, url, tel, password
	Lines        int    // more than 1: a textarea
	Autocomplete string
	Most         int  // longest value, in characters; 0: as it comes
	Verbatim     bool // for programs: no spelling is checked, no capital put at the start
	Secret       bool // not readable over the shoulder, and no password of a person: password managers do not ask to keep it
	Optional     bool
	ReadOnly     bool
	Focus        bool   // the page opens with the caret here
	ID           string // of the input, where two forms of a page have a field of that name; empty: the name
	Check        string // address that says as JSON {"problem":""} what is wrong with ?value=; asked while the person types
}

// Wrong are the ways to the fields that have a problem, for the top of the page.
func Wrong(fields ...Field) []Link {
	var wrong []Link
	for _, f := range fields {
		if f.Problem != "" {
			wrong = append(wrong, Link{Words: f.Label, Address: "#" + f.InputID()})
		}
	}
	return wrong
}

// InputID is the id of the input in the page.
func (f Field) InputID() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}
