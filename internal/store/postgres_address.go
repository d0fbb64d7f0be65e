package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// postgresAddress is what the address of a PostgreSQL database says.
type postgresAddress struct {
	connect  *pgx.ConnConfig
	idle     time.Duration // after which a connection is closed
	lifetime time.Duration // after which it is, idle or not; 0: never
}

// parsePostgres reads an address. Words of the pool that many Go programs use are understood, because people have them in
// their addresses; the server would refuse the connection for them. A bound that the address names wins over ours.
func parsePostgres(address string, bounds *Bounds) (postgresAddress, error) {
	parsed := postgresAddress{idle: idleTimeout}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return parsed, fmt.Errorf("%w: %w", dialtone.ErrInvalid, err) // pgx leaves the password out
	}
	if err := parsed.poolWords(config.RuntimeParams, bounds); err != nil {
		return parsed, err
	}
	*bounds = bounds.orDefault()
	if err := bounds.Check(); err != nil {
		return parsed, err
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
		if slices.ContainsFunc(config.Fallbacks, func(f *pgconn.FallbackConfig) bool { return f.Host != config.Host || f.Port != config.Port }) {
			config.ConnectTimeout = connectNextTimeout
		}
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "dialtone"
	}
	// Whatever the database's own default, text goes over the wire as we have it.
	config.RuntimeParams["client_encoding"] = "UTF8"
	parsed.connect = config
	return parsed, nil
}

// poolWords takes the words of the pool out of what would be sent to the server.
func (a *postgresAddress) poolWords(params map[string]string, bounds *Bounds) error {
	for name, value := range params {
		if !strings.HasPrefix(name, "pool_") {
			continue
		}
		delete(params, name)
		var err error
		switch name {
		case "pool_max_conns":
			if bounds.Connections != 0 {
				return fmt.Errorf("%w: pool_max_conns in the database's address and --database-connections say the same: leave one out", dialtone.ErrInvalid)
			}
			if bounds.Connections, err = strconv.Atoi(value); err == nil && bounds.Connections <= 0 {
				err = fmt.Errorf("%d is no number of connections", bounds.Connections)
			}
		case "pool_max_conn_idle_time":
			a.idle, err = time.ParseDuration(value)
		case "pool_max_conn_lifetime":
			a.lifetime, err = time.ParseDuration(value)
		default:
			err = fmt.Errorf("there is no such setting here: leave it out")
		}
		if err != nil {
			return fmt.Errorf("%w: %s in the database's address: %w", dialtone.ErrInvalid, name, err)
		}
	}
	return nil
}
