package server

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Operators are in the database, routes in each node's configuration. An operator whose route this node does not have loses every
// SMS that is asked for here, and nothing else would say so before people complain.

// watchOperators looks at the stored operators. It warns of those that this node cannot serve as they are, once until that changes,
// and shows them in the metrics.
func (s *Server) watchOperators(ctx context.Context, _ time.Time) error {
	operators, err := s.catalog.Operators(ctx)
	if err != nil {
		return fmt.Errorf("look at the operators: %w", err)
	}
	missing := make(map[string]string) // what is wrong, by operator
	s.metrics.routeUnknown.Reset()
	for _, o := range operators {
		var faults []string
		unknown := !o.Sandbox && o.SMS.Route != "" && !slices.Contains(s.config.routes(), o.SMS.Route)
		if unknown {
			faults = append(faults, fmt.Sprintf("no SMS leaves for it: there is no route %q below sms-routes in this node's configuration", o.SMS.Route))
			s.metrics.routeUnknown.WithLabelValues(o.ID).Set(1)
		}
		if o.Language != "" && !dialtone.Spoken(o.Language) {
			faults = append(faults, fmt.Sprintf("its language %q is none that this release speaks; it gets %s", o.Language, dialtone.Languages[0]))
		}
		if len(faults) > 0 {
			missing[o.ID] = strings.Join(faults, "; ")
		}
	}
	for _, id := range slices.Sorted(maps.Keys(missing)) {
		if s.warned[id] != missing[id] {
			s.log.Warn("an operator is stored that this node cannot serve", "operator", id, "fault", missing[id])
		}
	}
	s.warned = missing
	return nil
}

func newRouteUnknown() *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "dialtone_operator_route_unknown",
		Help: "Operators whose SMS route is not in this node's configuration, so that none of their SMS leaves: 1 for each.",
	}, []string{"operator"})
}
