-- The counts of tally by day (UTC) and over all clients of a product: a plot of a year reads a few thousand rows of these
-- instead of a hundred thousand.
CREATE TABLE tally_day (
    product_id  TEXT NOT NULL,
    day_at      BIGINT NOT NULL,
    operator_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    total       BIGINT NOT NULL,
    PRIMARY KEY (product_id, day_at, operator_id, kind)
);

CREATE INDEX tally_day_age ON tally_day (day_at);
