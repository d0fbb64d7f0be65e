package oauth

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxEncoded is the largest query or form that is read, in bytes.
const maxEncoded = 64 << 10

// Parameters are the parameters of a request, in their order. A parameter without a value is left out: RFC 6749 §3.1
// treats it as omitted.
type Parameters []parameter

type parameter struct {
	name, value string
	unreadable  string // why the value cannot be read; empty for a good one
}

// Param is one parameter of a response.
type Param struct{ Name, Value string }

// ParseQuery reads the query of an address. Repeated and unreadable parameters stay in it as faults, for Check to answer:
// if client_id and redirect_uri are good, the client is told by redirect. The error, an *Error, says that it is too long.
func ParseQuery(raw string) (Parameters, error) {
	if len(raw) > maxEncoded {
		return nil, NewError(InvalidRequest, "the request is larger than 64 KiB")
	}
	params := make(Parameters, 0, 16)
	for pair := range strings.SplitSeq(raw, "&") {
		if p := parsePair(pair); p.value != "" || p.unreadable != "" {
			params = append(params, p)
		}
	}
	return params, nil
}

// ParseForm reads the body of a POST. It accepts application/x-www-form-urlencoded only, without any fault. Errors are *Error.
func ParseForm(contentType string, body []byte) (Parameters, error) {
	if !formType(contentType) {
		return nil, NewError(InvalidRequest, "send the parameters as application/x-www-form-urlencoded")
	}
	params, err := ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	if err := params.Fault(); err != nil {
		return nil, err
	}
	return params, nil
}

// FormQuery returns the body of a POST as a query that ParseQuery reads the same way, faults included. It is for the
// authorization endpoint, which turns a form into the same request by GET. Errors are *Error.
func FormQuery(contentType string, body []byte) (string, error) {
	if !formType(contentType) {
		return "", NewError(InvalidRequest, "send the parameters as application/x-www-form-urlencoded")
	}
	if len(body) > maxEncoded {
		return "", NewError(InvalidRequest, "the body is larger than 64 KiB")
	}
	var query strings.Builder
	for _, b := range body {
		// A proper form has only these; anything else could break out of the Location header or begin a fragment.
		if unreserved(b) || strings.IndexByte("*%+&=", b) >= 0 {
			query.WriteByte(b)
		} else {
			fmt.Fprintf(&query, "%%%02X", b)
		}
	}
	return query.String(), nil
}

// formType leaves out the parameters of a media type: clients send charsets of all kinds, and we read UTF-8 only.
func formType(contentType string) bool {
	mediaType, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(mediaType), "application/x-www-form-urlencoded")
}

// Get returns the value of the parameter; empty if it is omitted, repeated or unreadable. So a value that two readers
// could understand differently is never used.
func (p Parameters) Get(name string) string {
	value := ""
	for _, param := range p {
		switch {
		case param.name != name:
		case param.unreadable != "" || value != "":
			return ""
		default:
			value = param.value
		}
	}
	return value
}

// Fault returns an *Error for the first parameter that is repeated (RFC 6749 §3.1) or unreadable, or nil.
func (p Parameters) Fault() error {
	seen := make(map[string]bool, len(p))
	for _, param := range p {
		switch {
		case param.unreadable != "":
			return NewError(InvalidRequest, "the parameter "+quote(param.name)+" "+param.unreadable)
		case seen[param.name] && param.name != "resource":
			// RFC 8707 §2: resource may be repeated. We do not know it, so we ignore it.
			return NewError(InvalidRequest, "the parameter "+quote(param.name)+" is repeated")
		}
		seen[param.name] = true
	}
	return nil
}

// fault is Fault for one parameter.
func (p Parameters) fault(name string) error {
	only := slices.DeleteFunc(slices.Clone(p), func(param parameter) bool { return param.name != name })
	return only.Fault()
}

func parsePair(pair string) parameter {
	rawName, rawValue, _ := strings.Cut(pair, "=")
	name, err := unescape(rawName)
	if err != nil {
		return parameter{name: rawName, unreadable: err.Error()}
	}
	value, err := unescape(rawValue)
	if err == nil && name != "claims" && strings.ContainsFunc(value, unicode.IsControl) {
		// JSON may have line breaks between its parts; in any other parameter a control character is a trick or a mistake.
		err = errControl
	}
	if err != nil {
		return parameter{name: name, unreadable: err.Error()}
	}
	return parameter{name: name, value: value}
}

var (
	errEscape  = errors.New("has a percent sign that is not followed by two hexadecimal digits")
	errUTF8    = errors.New("is not UTF-8")
	errControl = errors.New("has a control character")
)

// unescape undoes application/x-www-form-urlencoded.
func unescape(raw string) (string, error) {
	text, err := url.QueryUnescape(raw)
	switch {
	case err != nil:
		return "", errEscape
	case !utf8.ValidString(text):
		return "", errUTF8
	}
	return text, nil
}

// unreserved is RFC 3986 §2.3.
func unreserved(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0
}
