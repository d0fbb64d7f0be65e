package apply

import (
	"context"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

type scope = dialtone.Scope

func scopeNoun() section {
	return noun[scope]{
		word: "scope", section: "scopes", identity: []string{"name"},
		fields: []field[scope]{
			keep("category", text, func(s *scope) *string { return &s.Category }),
			keep("developer", text, func(s *scope) *string { return &s.Developer }),
			keyed("subscriber", func(s *scope) *map[string]string { return &s.Subscriber }, dialtone.Languages).needed(),
		},
		find: func(ctx context.Context, p *planner, e entry, fresh scope) (scope, bool, error) {
			f, there := e.field("name")
			if !there {
				return scope{}, false, e.at.Fault("this scope has no name")
			}
			name, err := f.Text()
			switch {
			case err != nil:
				return scope{}, false, err
			case !dialtone.ValidScopeName(name):
				return scope{}, false, f.Fault("name: a name has 1 to 128 letters, digits and _ : . -")
			}
			known, err := p.applier.catalog.Scopes(ctx)
			found, ok := known[name]
			if !ok {
				fresh.Name = name
				return fresh, false, err
			}
			return found, true, err
		},
		valid: scope.Validate,
		title: func(s scope) (string, string) { return s.Name, s.Name },
		save: func(ctx context.Context, a Applier, _, is scope, _ time.Time) error {
			return a.catalog.PutScope(ctx, is)
		},
	}
}
