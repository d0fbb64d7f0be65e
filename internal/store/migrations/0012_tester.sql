-- Lines that a product may reach though their operator has not enabled it, each for a time.
CREATE TABLE tester (
    product_id      TEXT NOT NULL REFERENCES product (id),
    subscription_id TEXT NOT NULL,
    operator_id     TEXT NOT NULL REFERENCES operator (id),
    until_at        BIGINT NOT NULL,
    named_at        BIGINT NOT NULL,
    named_by        TEXT NOT NULL,
    PRIMARY KEY (product_id, subscription_id)
);

CREATE INDEX tester_line ON tester (subscription_id);
CREATE INDEX tester_age ON tester (until_at);
