-- What an operator's own directory says of a line, what its staff decided, and what happened to it.
ALTER TABLE subscription ADD COLUMN external_id TEXT NOT NULL DEFAULT '';       -- the operator's own name for the line; empty: none
ALTER TABLE subscription ADD COLUMN sensitive BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE subscription ADD COLUMN status_decided BOOLEAN NOT NULL DEFAULT FALSE;    -- by a person: no import changes it
ALTER TABLE subscription ADD COLUMN sensitive_decided BOOLEAN NOT NULL DEFAULT FALSE; -- as before
ALTER TABLE subscription ADD COLUMN sim_changed_at BIGINT;

-- A name that the operator gave a line is never another line's, also after the line has ended: unless the operator says so, and then
-- the ended line loses it.
CREATE UNIQUE INDEX subscription_external ON subscription (operator_id, external_id) WHERE external_id <> '';
-- Who had a number before.
CREATE INDEX subscription_number_ended ON subscription (phone_number) WHERE ended_at IS NOT NULL;

CREATE TABLE past_number (
    id              TEXT PRIMARY KEY,
    operator_id     TEXT NOT NULL,
    subscription_id TEXT NOT NULL, -- goes on with another number
    phone_number    TEXT NOT NULL,
    until_at        BIGINT NOT NULL
);

CREATE INDEX past_number_number ON past_number (phone_number);
CREATE INDEX past_number_line ON past_number (subscription_id);

-- Append-only: what happened to a line. It names no number.
CREATE TABLE line_event (
    subscription_id TEXT NOT NULL,
    id              TEXT NOT NULL,
    operator_id     TEXT NOT NULL,
    kind            TEXT NOT NULL,
    detail          TEXT NOT NULL,
    source          TEXT NOT NULL,
    actor           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    import_id       TEXT NOT NULL,
    import_line     BIGINT NOT NULL,
    happened_at     BIGINT NOT NULL,
    PRIMARY KEY (subscription_id, id)
);

CREATE TABLE directory_import (
    id          TEXT PRIMARY KEY,
    operator_id TEXT NOT NULL,
    name        TEXT NOT NULL, -- of the file
    fingerprint TEXT NOT NULL, -- of the file, the mapping and the options: the same again goes on where it stopped
    settings    TEXT NOT NULL, -- JSON
    dry         BOOLEAN NOT NULL,
    state       TEXT NOT NULL,
    problem     TEXT NOT NULL,
    lines       BIGINT NOT NULL, -- of the file
    stage       BIGINT NOT NULL,
    position    BIGINT NOT NULL, -- the line up to which the stage is done
    counts      TEXT NOT NULL,   -- JSON
    started_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    finished_at BIGINT
);

CREATE INDEX directory_import_operator ON directory_import (operator_id, created_at);
CREATE INDEX directory_import_age ON directory_import (updated_at);

CREATE TABLE directory_import_fault (
    import_id  TEXT NOT NULL,
    line       BIGINT NOT NULL,
    code       TEXT NOT NULL, -- "waits": no fault, the line waits for the last stage
    problem    TEXT NOT NULL,
    cells      TEXT NOT NULL, -- as they were in the file, sealed
    noted_at   BIGINT NOT NULL,
    PRIMARY KEY (import_id, line)
);

CREATE INDEX directory_import_fault_age ON directory_import_fault (noted_at);
