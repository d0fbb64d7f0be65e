package store_test
import ("testing";"os";"database/sql";"fmt";"github.com/dialtone-id/dialtone/internal/store";"github.com/dialtone-id/dialtone/internal/store/storetest")
func TestPlan(t *testing.T) {
if os.Getenv("PLAN")=="" {return}
	
	address := storetest.Address(t, "postgres")
	db := storetest.Open(t, address)
	p := storetest.NewPerson(t, db, storetest.NewApp(t, db))
	for range 3000 { g := p.OfflineGrant(); go db.RedeemCode(t.Context(), g, storetest.Now) }
	g := p.OfflineGrant(); db.RedeemCode(t.Context(), g, storetest.Now)
	raw, _ := sql.Open("pgx", address)
	raw.SetMaxOpenConns(1)
	if os.Getenv("PLAN")=="analyze" { raw.Exec("ANALYZE") }
	text, n := store.GrantStatesText()
	args := ""
	for i := range n { if i>0 {args += ","}; args += "'"+g.ID+"'" }
	types := ""
	for i := range n { if i>0 {types += ","}; types += "text" }
	raw.Exec("SET plan_cache_mode=force_generic_plan")
	if _, err := raw.Exec(fmt.Sprintf("PREPARE x(%s) AS %s", types, text)); err != nil { t.Fatal(err) }
	rows, err := raw.Query("EXPLAIN (ANALYZE, BUFFERS) EXECUTE x("+args+")")
	if err != nil { t.Fatal(err) }
	for rows.Next() { var s string; rows.Scan(&s); fmt.Println(s) }
}
