-- Who works for an operator, and what they did.
CREATE TABLE staff (
    operator_id TEXT NOT NULL REFERENCES operator (id),
    account_id  TEXT NOT NULL REFERENCES account (id),
    role        TEXT NOT NULL,
    joined_at   BIGINT,
    PRIMARY KEY (operator_id, account_id)
);

CREATE INDEX staff_account ON staff (account_id);

CREATE TABLE staff_invitation (
    id           TEXT PRIMARY KEY,
    operator_id  TEXT NOT NULL REFERENCES operator (id),
    email        TEXT NOT NULL, -- sealed, as invited_by
    role         TEXT NOT NULL,
    secret_hash  TEXT NOT NULL,
    invited_by   TEXT NOT NULL,
    inviter_id   TEXT NOT NULL,
    created_at   BIGINT,
    expires_at   BIGINT NOT NULL,
    accepted_at  BIGINT,
    withdrawn_at BIGINT
);

CREATE INDEX staff_invitation_operator ON staff_invitation (operator_id);

-- Who looks after the whole installation.
CREATE TABLE administrator (
    account_id TEXT PRIMARY KEY REFERENCES account (id),
    added_at   BIGINT
);

-- Append-only. words is what people read, sealed; empty once it was erased. The head is the last line of each operator: whoever
-- appends locks it, so that lines are numbered in the order in which they are committed.
CREATE TABLE audit (
    id          TEXT PRIMARY KEY,
    operator_id TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    actor_id    TEXT NOT NULL,
    action      TEXT NOT NULL,
    target      TEXT NOT NULL,
    words       TEXT NOT NULL,
    digest      TEXT NOT NULL,
    hash        TEXT NOT NULL,
    happened_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX audit_seq ON audit (operator_id, seq);

CREATE INDEX audit_action ON audit (operator_id, action, seq);
CREATE INDEX audit_target ON audit (operator_id, target, seq);
CREATE INDEX audit_actor ON audit (operator_id, actor_id, seq);

CREATE TABLE audit_head (
    operator_id TEXT PRIMARY KEY,
    seq         BIGINT NOT NULL,
    hash        TEXT NOT NULL
);

-- Staff must have signed in with a passkey.
ALTER TABLE operator ADD COLUMN passkey_required BOOLEAN NOT NULL DEFAULT FALSE;

-- JSON: the product as the operator's staff saw it when they decided last; empty: they never did.
ALTER TABLE listing ADD COLUMN reviewed TEXT NOT NULL DEFAULT '';
