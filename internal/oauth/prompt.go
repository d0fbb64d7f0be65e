package oauth

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// PromptSet is what the client wants the person to be asked again (OpenID Connect Core 1.0 §3.1.2.1, prompt).
type PromptSet struct {
	None    bool `json:"n,omitempty"` // no page may be shown; alone
	Login   bool `json:"l,omitempty"` // also for select_account: signing in again is how an account is selected here
	Consent bool `json:"c,omitempty"`
}

func parsePrompt(text string) (PromptSet, error) {
	var set PromptSet
	values := splitSpaces(text)
	for _, value := range values {
		switch value {
		case "none":
			set.None = true
		case "login", "select_account":
			set.Login = true
		case "consent":
			set.Consent = true
		default:
			return PromptSet{}, NewError(InvalidRequest, "the prompt "+quote(value)+" is not supported")
		}
	}
	if set.None && slices.ContainsFunc(values, func(value string) bool { return value != "none" }) {
		return PromptSet{}, NewError(InvalidRequest, "prompt=none cannot be combined with another value")
	}
	return set, nil
}

// longestMaxAge stands for every larger max_age, in seconds: no session lives that long.
const longestMaxAge = 1<<31 - 1

// parseMaxAge returns max_age in seconds; nil if it is omitted. 0 asks for a sign-in now.
func parseMaxAge(text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		return nil, NewError(InvalidRequest, "max_age is not a number of seconds")
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, strconv.ErrRange) || seconds > longestMaxAge {
		seconds = longestMaxAge
	}
	return &seconds, nil
}
