package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// noteRequestFault is a huma.Transformer: when huma answers that a request does not fit its operation, the answer is noted as
// a problem of ours, and is thrown away.
func noteRequestFault(ctx huma.Context, _ string, body any) (any, error) {
	found, ok := body.(*huma.ErrorModel)
	v := visitOf(ctx.Context())
	if !ok || v.failed != nil {
		return body, nil
	}
	v.failed = requestFault(found)
	return body, nil
}

func requestFault(found *huma.ErrorModel) error {
	switch found.Status {
	case http.StatusBadRequest:
		if len(found.Errors) > 0 {
			// It is a *Problem of decodeJSON, of which huma has kept the text.
			return newProblem(kindMalformed, strings.TrimPrefix(found.Errors[0].Message, kindMalformed.Name+": "))
		}
		return newProblem(kindMalformed, "The request needs a body.")
	case http.StatusUnprocessableEntity:
		p := newProblem(kindInvalid, "Correct what errors names. Nothing was changed.")
		for _, fault := range found.Errors {
			p.Errors = append(p.Errors, fieldFault(fault))
		}
		return p
	}
	return fmt.Errorf("huma refused the request: %d %s", found.Status, found.Detail)
}

var (
	index   = regexp.MustCompile(`\[([0-9]+)\]`)
	missing = regexp.MustCompile(`^expected required property (\S+) to be present$`)
)

// fieldFault says in our words where a fault is: huma writes body.redirect_uris[0].
func fieldFault(fault *huma.ErrorDetail) FieldFault {
	where, name, _ := strings.Cut(index.ReplaceAllString(fault.Location, ".$1"), ".")
	made := FieldFault{Detail: fault.Message, Field: name}
	if match := missing.FindStringSubmatch(fault.Message); match != nil {
		made.Field = strings.TrimPrefix(name+"."+match[1], ".")
		made.Detail = "This member is missing."
	}
	if where != "body" {
		made.Parameter = made.Field
		return made
	}
	made.Pointer = pointer(made.Field)
	if made.Field == "" {
		made.Pointer = "#"
	}
	return made
}

// format is JSON, the one form of bodies and answers.
var format = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: decodeJSON}

// decodeJSON is json.Unmarshal with errors in our words. Members that an operation does not know are found by their schema; but
// neither the schema nor json.Unmarshal tells Name from name, so names in capitals end here.
func decodeJSON(data []byte, into any) error {
	if err := dialtone.UniqueNames(data); err != nil {
		return newProblem(kindMalformed, err.Error())
	}
	err := json.Unmarshal(data, into)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return newProblem(kindMalformed, fmt.Sprintf("The body is not JSON: look at byte %d.", syntax.Offset))
	}
	if err != nil {
		return newProblem(kindMalformed, "The body is JSON of another form than the operation takes.")
	}
	if parsed, ok := into.(*any); ok {
		return lowerCase(*parsed)
	}
	return nil
}

// lowerCase refuses names of members with capitals: no member of ours has one.
func lowerCase(value any) error {
	switch value := value.(type) {
	case map[string]any:
		for name, part := range value {
			if name != strings.ToLower(name) {
				return newProblem(kindMalformed, fmt.Sprintf("There is no member %q: names are in small letters.", name))
			}
			if err := lowerCase(part); err != nil {
				return err
			}
		}
	case []any:
		for _, part := range value {
			if err := lowerCase(part); err != nil {
				return err
			}
		}
	}
	return nil
}
