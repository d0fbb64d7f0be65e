package store

// Share sets how many shared statements of a kind run at once, before the database is used.
func (db *DB) Share(workers int) {
	db.sessionStates.workers, db.grantStates.workers, db.tokensSpent.workers = workers, workers, workers
	db.redemptions.workers, db.rotations.workers = workers, workers
}

func GrantStatesText() (string, int) { return grantStates.texts[5], 64 }
