package web

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Languages are the languages of the pages, BCP 47. The first one is spoken when a person asks for none of them.
var Languages = dialtone.Languages

// direction is the dir attribute of a language.
func direction(language string) string {
	if language == "ar" {
		return "rtl"
	}
	return "ltr"
}

// catalogue holds every message in every language.
type catalogue struct {
	matcher    language.Matcher
	localizers map[string]*i18n.Localizer
	fixed      map[string]map[string]string // language → id → text, for messages without values
}

// newCatalogue reads languages/{tag}.json of each file system; an id may stand in one of them only.
func newCatalogue(sources ...fs.FS) (*catalogue, error) {
	tags := make([]language.Tag, len(Languages))
	for i, tag := range Languages {
		tags[i] = language.MustParse(tag)
	}
	bundle := i18n.NewBundle(tags[0])
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	c := &catalogue{
		matcher:    language.NewMatcher(tags),
		localizers: make(map[string]*i18n.Localizer, len(Languages)),
		fixed:      make(map[string]map[string]string, len(Languages)),
	}
	for _, tag := range Languages {
		c.fixed[tag] = map[string]string{}
		seen := map[string]bool{}
		for _, source := range sources {
			file, err := bundle.LoadMessageFileFS(source, "languages/"+tag+".json")
			if err != nil {
				return nil, fmt.Errorf("read language %s: %w", tag, err)
			}
			for _, m := range file.Messages {
				if seen[m.ID] {
					return nil, fmt.Errorf("read language %s: message %s is there twice", tag, m.ID)
				}
				seen[m.ID] = true
				if m.One == "" && !strings.Contains(m.Other, "{{") {
					c.fixed[tag][m.ID] = m.Other
				}
			}
		}
		c.localizers[tag] = i18n.NewLocalizer(bundle, tag)
	}
	return c, nil
}

// known returns the tag if it is one of Languages, else nothing.
func (c *catalogue) known(tag string) string {
	if slices.Contains(Languages, tag) {
		return tag
	}
	return ""
}

// message returns the text of a message. A value named count chooses the plural form. A missing message is a fault in
// this program, which the tests find: it panics.
func (c *catalogue) message(tag, id string, values map[string]any) string {
	if text, ok := c.fixed[tag][id]; ok {
		return text
	}
	text, err := c.localizers[tag].Localize(&i18n.LocalizeConfig{
		MessageID: id, TemplateData: values, PluralCount: values["count"], TemplateParser: messageParser{},
	})
	if err != nil {
		panic(fmt.Sprintf("web: message %s in %s: %v", id, tag, err))
	}
	return text
}

// Match chooses one of Languages: by the request's ui_locales (OpenID Connect Core 1.0 §3.1.2.1, best first), then by the
// browser's Accept-Language header. What cannot be read as a language is passed over.
func (r *Renderer) Match(uiLocales []string, acceptLanguage string) string {
	for _, wish := range append(uiLocales[:len(uiLocales):len(uiLocales)], acceptLanguage) {
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil {
			continue
		}
		if _, index, confidence := r.languages.matcher.Match(tags...); confidence != language.No {
			return Languages[index]
		}
	}
	return Languages[0]
}
