package dialtone

import "time"

// KeyRow is a data key or a signing key as the database keeps it. What must stay secret is in Wrapped only, encrypted
// under the root key, which the database never sees.
type KeyRow struct {
	ID        string    // a use or algorithm and a running number ("seal-1", "rs256-2"), so that two nodes cannot both make the same next key
	Use       string    // data keys: seal or subject; signing keys: sign
	Algorithm string    // signing keys: the JWS algorithm
	Wrapped   string    // the key, encrypted under the root key
	Public    string    // signing keys: the public JWK (RFC 7517), JSON
	Created   time.Time // known to every node a little later, published if it signs
	Active    time.Time // makes new things from then on, until a newer key does
	Retired   time.Time // neither used, accepted nor published from then on; zero: not decided yet
}
