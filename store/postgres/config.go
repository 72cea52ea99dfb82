package postgres

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// configure reads the URL and sets what a connection needs. Its errors hold
// nothing of the URL, which has a password in it.
func configure(url string, o options) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("postgres: cannot read the address of the database: want postgres://user@host/name?sslmode=verify-full, and files that it names must be readable")
	}
	c := cfg.ConnConfig
	if err := confidential(c); err != nil {
		return nil, err
	}
	c.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	if c.StatementCacheCapacity < 512 {
		c.StatementCacheCapacity = 512
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	limit := strconv.FormatInt(max(o.limit.Milliseconds(), 1), 10)
	for _, p := range []string{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"} {
		c.RuntimeParams[p] = limit
	}
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "meldroute"
	}
	// A turn whose caller is gone gives its locks back within two seconds,
	// not at the end of the limit. PostgreSQL has it since 14, not on every
	// system, and we can do without.
	cfg.AfterConnect = func(ctx context.Context, c *pgx.Conn) error {
		_, _ = c.Exec(ctx, "SET client_connection_check_interval = '2s'")
		return nil
	}
	cfg.MaxConns = o.pool
	cfg.MinConns, cfg.MinIdleConns = 0, 0
	// A look before use would be a round trip more; see DB.with.
	cfg.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	return cfg, nil
}

// confidential refuses to talk in the clear to another machine, which is what
// pgx does by itself (sslmode=prefer) when the server has no TLS.
func confidential(c *pgx.ConnConfig) error {
	type end struct {
		host string
		tls  *tls.Config
	}
	ends := []end{{c.Host, c.TLSConfig}}
	for _, f := range c.Fallbacks {
		ends = append(ends, end{f.Host, f.TLSConfig})
	}
	for _, e := range ends {
		if e.tls == nil && !local(e.host) {
			return errors.New("postgres: the database is on another machine, and the connection would not be encrypted: add sslmode=verify-full to its address")
		}
	}
	return nil
}

// local says whether a host is this machine: a socket or a loopback address.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
