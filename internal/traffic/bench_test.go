package traffic_test

import (
	"log/slog"
	"strconv"
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
	"github.com/dialtone-id/dialtone/internal/traffic"
)

// tokens are what a token endpoint counts, of some clients.
func tokens(clients int) []dialtone.Tally {
	list := make([]dialtone.Tally, clients)
	for i := range list {
		n := strconv.Itoa(i)
		list[i] = dialtone.Tally{
			ProductID: "product_5f3c0a9d7e1b4c68a2f0d3b1" + n, ClientID: "client_5f3c0a9d7e1b4c68a2f0d3b1" + n, OperatorID: "fjord",
			Kind: dialtone.TallyTokenIssued, Hour: storetest.Now, Count: 1,
		}
	}
	return list
}

func BenchmarkCount(b *testing.B) {
	for _, clients := range []int{1, 1000} {
		b.Run(strconv.Itoa(clients)+" clients", func(b *testing.B) {
			recorder, list := traffic.New(nil, slog.New(slog.DiscardHandler)), tokens(clients)
			for range 100 {
				for _, t := range list {
					recorder.Count(t)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					recorder.Count(list[i%len(list)])
				}
			})
		})
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	recorder, tally := traffic.New(nil, slog.New(slog.DiscardHandler)), tokens(1)[0]
	for range 10_000 { // until every stripe has seen it
		recorder.Count(tally)
	}
	if allocations := testing.AllocsPerRun(1000, func() { recorder.Count(tally) }); allocations != 0 {
		t.Errorf("%.1f allocations to count once, want none", allocations)
	}
}
