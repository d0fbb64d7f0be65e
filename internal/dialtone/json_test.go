package dialtone_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

func TestANameStandsOnceInAnObject(t *testing.T) {
	t.Parallel()
	for text, twice := range map[string]string{
		`{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}`: "",
		`{"a":"a","b":"b"}`:                         "",
		`["a","a",{"a":["a","a"]}]`:                 "",
		`{"a":1,"a":2}`:                             "a",
		`{"a":{"x":1},"a":{"x":1}}`:                 "a",
		`{"b":[{"c":{"d":1,"d":null}}]}`:            "d",
		`{"a":1,"\u0061":2}`:                        "a",
		`{"":1,"":2}`:                               "",
		`{"a":1,`:                                   "",
		``:                                          "",
	} {
		err := dialtone.UniqueNames([]byte(text))
		if wrong := strings.Contains(text, `"":2`) || twice != ""; wrong != (err != nil) || err != nil && !errors.Is(err, dialtone.ErrInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzUniqueNames(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":1,"b":2}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var into any
		if dialtone.UniqueNames(text) == nil && json.Unmarshal(text, &into) == nil {
			again, _ := json.Marshal(into)
			if err := dialtone.UniqueNames(again); err != nil {
				t.Fatalf("%s: %v", again, err)
			}
		}
	})
}
