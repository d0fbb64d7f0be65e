package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// callers is how many ask at the same time, as with that many requests under way.
const callers = 64

// BenchmarkShared measures the verbs whose callers share statements, with one to eight statements at once.
func BenchmarkShared(b *testing.B) {
	for _, engine := range storetest.EngineNames {
		for _, workers := range []int{1, 2, 4, 8} {
			b.Run(fmt.Sprintf("%s/workers=%d", engine, workers), func(b *testing.B) {
				db := storetest.Open(b, storetest.Address(b, engine))
				db.Share(workers)
				person := storetest.NewPerson(b, db, storetest.NewApp(b, db))
				b.Run("SessionState", func(b *testing.B) {
					atOnce(b, func(ctx context.Context, _ int) error {
						_, err := db.SessionState(ctx, person.Session.ID, person.App.Product.ID)
						return err
					})
				})
				b.Run("GrantState", func(b *testing.B) {
					grants := redeemed(b, db, person, 1000)
					atOnce(b, func(ctx context.Context, i int) error {
						_, err := db.GrantState(ctx, grants[i%len(grants)].ID, "at_1")
						return err
					})
				})
				b.Run("TokenSpent", func(b *testing.B) {
					atOnce(b, func(ctx context.Context, _ int) error {
						_, err := db.TokenSpent(ctx, "at_1")
						return err
					})
				})
				b.Run("RedeemCode", func(b *testing.B) {
					atOnce(b, func(ctx context.Context, _ int) error {
						return db.RedeemCode(ctx, person.OfflineGrant(), storetest.Now)
					})
				})
				b.Run("RotateRefresh", func(b *testing.B) {
					// A grant is in one caller's hands at a time: two would kill it.
					free := make(chan dialtone.Grant, 1000)
					for _, g := range redeemed(b, db, person, cap(free)) {
						free <- g
					}
					atOnce(b, func(ctx context.Context, _ int) error {
						g := <-free
						r, err := db.RotateRefresh(ctx, dialtone.Rotation{
							GrantID: g.ID, ClientID: g.ClientID, Generation: g.RefreshGeneration, Hash: g.RefreshHash,
							NewHash: secret.ID("refresh"), Expires: g.Expires,
						}, time.Minute, storetest.Now)
						free <- r.Grant
						return err
					})
				})
			})
		}
	}
}

// BenchmarkBare is what the shared statements are measured against: the least that the same operations need, one plain
// statement for each caller.
func BenchmarkBare(b *testing.B) {
	for _, engine := range storetest.EngineNames {
		b.Run(engine, func(b *testing.B) {
			address := storetest.Address(b, engine)
			db := storetest.Open(b, address)
			person := storetest.NewPerson(b, db, storetest.NewApp(b, db))
			grants := redeemed(b, db, person, 1000)
			driver := "pgx"
			if file, ok := strings.CutPrefix(address, "sqlite:"); ok {
				driver, address = "sqlite", "file:"+file+"?_pragma=busy_timeout(60000)&_pragma=synchronous(FULL)"
			}
			bare, err := sql.Open(driver, address)
			if err != nil {
				b.Fatal(err)
			}
			defer bare.Close()
			size := 8
			bare.SetMaxOpenConns(size)
			bare.SetMaxIdleConns(size)
			b.Run("read", func(b *testing.B) {
				read, err := bare.Prepare(`SELECT g.revoked_at, u.phone_number FROM client_grant AS g JOIN subscription AS u ON u.id = g.subscription_id WHERE g.id = $1`)
				if err != nil {
					b.Fatal(err)
				}
				atOnce(b, func(ctx context.Context, i int) error {
					var revoked sql.NullInt64
					var number string
					return read.QueryRowContext(ctx, grants[i%len(grants)].ID).Scan(&revoked, &number)
				})
			})
			if driver == "sqlite" {
				bare.SetMaxOpenConns(1) // they would only wait for each other
			}
			b.Run("insert", func(b *testing.B) {
				insert, err := bare.Prepare(`INSERT INTO spent (id, expires_at) VALUES ($1, $2)`)
				if err != nil {
					b.Fatal(err)
				}
				atOnce(b, func(ctx context.Context, _ int) error {
					_, err := insert.ExecContext(ctx, secret.ID("x"), 1)
					return err
				})
			})
			b.Run("update", func(b *testing.B) {
				update, err := bare.Prepare(`UPDATE client_grant SET refresh_hash = $2, refresh_rotated_at = $3 WHERE id = $1`)
				if err != nil {
					b.Fatal(err)
				}
				atOnce(b, func(ctx context.Context, i int) error {
					_, err := update.ExecContext(ctx, grants[i%len(grants)].ID, "hash", i)
					return err
				})
			})
		})
	}
}

// atOnce calls do from many goroutines, each time with another number.
func atOnce(b *testing.B, do func(ctx context.Context, i int) error) {
	b.Helper()
	var next atomic.Int64
	b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		ctx, cancel := context.WithCancel(context.Background()) // as a request's
		defer cancel()
		for pb.Next() {
			if err := do(ctx, int(next.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// redeemed returns new grants of the person that are in the database.
func redeemed(b *testing.B, db *store.DB, p storetest.Person, count int) []dialtone.Grant {
	b.Helper()
	grants := make([]dialtone.Grant, count)
	for i := range grants {
		grants[i] = p.OfflineGrant()
	}
	results := make(chan error)
	for _, g := range grants {
		go func() { results <- db.RedeemCode(context.Background(), g, storetest.Now) }()
	}
	for range grants {
		if err := <-results; err != nil {
			b.Fatal(err)
		}
	}
	return grants
}
