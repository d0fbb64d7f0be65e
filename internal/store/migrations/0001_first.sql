-- Times are Unix microseconds; NULL is never or not yet. Lists of words are separated by spaces, other lists are JSON.
-- Foreign keys stand in the catalogue only. A table that grows with people has none: PostgreSQL would lock the parent row on
-- every insert, and rows leave by their own time.

CREATE TABLE operator (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    colour     TEXT NOT NULL,
    logo_id    TEXT NOT NULL,
    support    TEXT NOT NULL,
    approval   TEXT NOT NULL,
    sms_route  TEXT NOT NULL,
    sms_sender TEXT NOT NULL,
    sms_daily  BIGINT NOT NULL,
    language   TEXT NOT NULL,
    sandbox    BOOLEAN NOT NULL,
    created_at BIGINT,
    updated_at BIGINT
);

CREATE TABLE number_range (
    operator_id TEXT NOT NULL REFERENCES operator (id),
    prefix      TEXT NOT NULL,
    PRIMARY KEY (operator_id, prefix)
);

CREATE TABLE asset (
    id         TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    body       TEXT NOT NULL -- base64
);

CREATE TABLE scope (
    name       TEXT PRIMARY KEY,
    category   TEXT NOT NULL,
    developer  TEXT NOT NULL,
    subscriber TEXT NOT NULL -- JSON: sentence by language
);

CREATE TABLE organization (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT
);

CREATE TABLE product (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name            TEXT NOT NULL,
    subtitle        TEXT NOT NULL,
    description     TEXT NOT NULL,
    icon_id         TEXT NOT NULL,
    price           TEXT NOT NULL,
    terms_url       TEXT NOT NULL,
    privacy_url     TEXT NOT NULL,
    support         TEXT NOT NULL,
    scopes          TEXT NOT NULL, -- JSON
    consent_version BIGINT NOT NULL,
    created_at      BIGINT,
    updated_at      BIGINT
);

CREATE INDEX product_organization ON product (organization_id);

CREATE TABLE client (
    id                        TEXT PRIMARY KEY,
    product_id                TEXT NOT NULL REFERENCES product (id),
    description               TEXT NOT NULL,
    type                      TEXT NOT NULL,
    auth_method               TEXT NOT NULL,
    redirect_uris             TEXT NOT NULL, -- JSON, as the next two
    post_revoke_redirect_uris TEXT NOT NULL,
    post_logout_redirect_uris TEXT NOT NULL,
    id_token_algorithm        TEXT NOT NULL,
    created_at                BIGINT,
    updated_at                BIGINT
);

CREATE INDEX client_product ON client (product_id);

CREATE TABLE client_secret (
    id           TEXT PRIMARY KEY,
    client_id    TEXT NOT NULL REFERENCES client (id),
    name         TEXT NOT NULL,
    hash         TEXT NOT NULL,
    created_at   BIGINT,
    expires_at   BIGINT,
    last_used_at BIGINT
);

CREATE INDEX client_secret_client ON client_secret (client_id);

CREATE TABLE listing (
    product_id  TEXT NOT NULL REFERENCES product (id),
    operator_id TEXT NOT NULL REFERENCES operator (id),
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    updated_at  BIGINT,
    PRIMARY KEY (product_id, operator_id)
);

CREATE INDEX listing_operator ON listing (operator_id);

-- Append-only: each change of a listing's state.
CREATE TABLE listing_event (
    product_id  TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    seq         BIGINT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    actor       TEXT NOT NULL,
    happened_at BIGINT,
    PRIMARY KEY (product_id, operator_id, seq)
);

CREATE TABLE subscription (
    id           TEXT PRIMARY KEY,
    operator_id  TEXT NOT NULL,
    phone_number TEXT NOT NULL,
    status       TEXT NOT NULL,
    language     TEXT NOT NULL,
    fixed_pin    TEXT NOT NULL,
    created_at   BIGINT,
    ended_at     BIGINT
);

-- A number belongs to one line at a time; an ended line keeps it for the record.
CREATE UNIQUE INDEX subscription_number ON subscription (phone_number) WHERE ended_at IS NULL;

CREATE TABLE session (
    id              TEXT PRIMARY KEY,
    secret_hash     TEXT NOT NULL,
    operator_id     TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    amr             TEXT NOT NULL,
    auth_time_at    BIGINT,
    created_at      BIGINT,
    expires_at      BIGINT NOT NULL,
    ended_at        BIGINT
);

CREATE INDEX session_subscription ON session (subscription_id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE challenge (
    id              TEXT PRIMARY KEY,
    browser_hash    TEXT NOT NULL,
    request_hash    TEXT NOT NULL,
    number_key      TEXT NOT NULL,
    subscription_id TEXT NOT NULL, -- empty: the number is not served
    code_hash       TEXT NOT NULL,
    sealed_code     TEXT NOT NULL,
    attempts        BIGINT NOT NULL,
    sends           BIGINT NOT NULL,
    next_send_at    BIGINT,
    superseded      BOOLEAN NOT NULL,
    verified_at     BIGINT,
    session_id      TEXT NOT NULL,
    created_at      BIGINT,
    expires_at      BIGINT NOT NULL
);

CREATE INDEX challenge_browser ON challenge (browser_hash, request_hash);
CREATE INDEX challenge_number ON challenge (number_key);
CREATE INDEX challenge_expiry ON challenge (expires_at);

-- One row each time that something was spent from a budget. The primary key decides between two who spend at once.
CREATE TABLE budget_entry (
    key      TEXT NOT NULL,
    seq      BIGINT NOT NULL,
    spent_at BIGINT NOT NULL,
    PRIMARY KEY (key, seq)
);

CREATE INDEX budget_entry_age ON budget_entry (spent_at);

CREATE TABLE consent (
    id              TEXT PRIMARY KEY,
    operator_id     TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    product_id      TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    refused         TEXT NOT NULL,
    version         BIGINT NOT NULL,
    language        TEXT NOT NULL,
    granted_at      BIGINT,
    revoked_at      BIGINT
);

-- One consent in force for a line and a product; revoked ones stay for the record.
CREATE UNIQUE INDEX consent_in_force ON consent (subscription_id, product_id) WHERE revoked_at IS NULL;

-- Append-only: the proof of consent.
CREATE TABLE consent_event (
    id              TEXT PRIMARY KEY,
    consent_id      TEXT NOT NULL,
    operator_id     TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    product_id      TEXT NOT NULL,
    client_id       TEXT NOT NULL,
    kind            TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    version         BIGINT NOT NULL,
    language        TEXT NOT NULL,
    text_hash       TEXT NOT NULL,
    channel         TEXT NOT NULL,
    actor           TEXT NOT NULL,
    reason          TEXT NOT NULL,
    happened_at     BIGINT
);

CREATE INDEX consent_event_line ON consent_event (subscription_id, product_id, happened_at);

-- The id is the id of the authorization code, so inserting the row spends the code.
CREATE TABLE client_grant (
    id                 TEXT PRIMARY KEY,
    operator_id        TEXT NOT NULL,
    subscription_id    TEXT NOT NULL,
    product_id         TEXT NOT NULL,
    client_id          TEXT NOT NULL,
    session_id         TEXT NOT NULL,
    consent_id         TEXT NOT NULL,
    scopes             TEXT NOT NULL,
    amr                TEXT NOT NULL,
    auth_time_at       BIGINT,
    claims             TEXT NOT NULL,
    refresh_generation BIGINT NOT NULL,
    refresh_hash       TEXT NOT NULL, -- empty without offline_access
    refresh_rotated_at BIGINT,
    created_at         BIGINT,
    expires_at         BIGINT NOT NULL,
    revoked_at         BIGINT,
    revoked_reason     TEXT NOT NULL
);

CREATE INDEX client_grant_expiry ON client_grant (expires_at);

-- Tokens and links that may not be used again.
CREATE TABLE spent (
    id         TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX spent_expiry ON spent (expires_at);

-- The outbox: what a product's developers may learn.
CREATE TABLE event (
    id              TEXT PRIMARY KEY,
    kind            TEXT NOT NULL,
    operator_id     TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    product_id      TEXT NOT NULL,
    client_id       TEXT NOT NULL,
    payload         TEXT NOT NULL, -- JSON
    happened_at     BIGINT NOT NULL
);

CREATE INDEX event_product ON event (product_id, happened_at, id);

CREATE TABLE data_key (
    id         TEXT PRIMARY KEY,
    use        TEXT NOT NULL,
    wrapped    TEXT NOT NULL,
    created_at BIGINT,
    active_at  BIGINT,
    retired_at BIGINT
);

CREATE TABLE signing_key (
    id         TEXT PRIMARY KEY,
    use        TEXT NOT NULL,
    algorithm  TEXT NOT NULL,
    wrapped    TEXT NOT NULL,
    public     TEXT NOT NULL,
    created_at BIGINT,
    active_at  BIGINT,
    retired_at BIGINT
);

CREATE TABLE sms_message (
    id          TEXT PRIMARY KEY,
    operator_id TEXT NOT NULL,
    route       TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    template    TEXT NOT NULL,
    language    TEXT NOT NULL,
    state       TEXT NOT NULL,
    rank        BIGINT NOT NULL, -- of the state: a state is replaced only by one of a higher rank
    code        TEXT NOT NULL,
    segments    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT
);

CREATE INDEX sms_message_operator ON sms_message (operator_id, created_at);
CREATE INDEX sms_message_provider ON sms_message (route, provider_id);
CREATE INDEX sms_message_age ON sms_message (created_at);
