-- One row, written to see whether the database takes writes.
CREATE TABLE write_probe (
    id         TEXT PRIMARY KEY,
    body       TEXT NOT NULL,
    written_at BIGINT NOT NULL
);

-- Events leave by their age.
CREATE INDEX event_age ON event (happened_at);
