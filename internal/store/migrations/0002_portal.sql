-- The developer portal: people with an e-mail address, their organizations, and what they read about their clients.

CREATE TABLE account (
    id         TEXT PRIMARY KEY,
    email      TEXT NOT NULL, -- empty: known through a company's sign-in only
    name       TEXT NOT NULL,
    created_at BIGINT
);

CREATE UNIQUE INDEX account_email ON account (email) WHERE email <> '';

CREATE TABLE account_session (
    id              TEXT PRIMARY KEY,
    secret_hash     TEXT NOT NULL,
    account_id      TEXT NOT NULL,
    organization_id TEXT NOT NULL, -- empty: not confined to one
    method          TEXT NOT NULL,
    agent           TEXT NOT NULL,
    created_at      BIGINT,
    seen_at         BIGINT,
    expires_at      BIGINT NOT NULL,
    ended_at        BIGINT
);

CREATE INDEX account_session_account ON account_session (account_id);
CREATE INDEX account_session_organization ON account_session (organization_id) WHERE organization_id <> '';
CREATE INDEX account_session_expiry ON account_session (expires_at);

CREATE TABLE email_code (
    id           TEXT PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    email_key    TEXT NOT NULL,
    code_hash    TEXT NOT NULL,
    attempts     BIGINT NOT NULL,
    superseded   BOOLEAN NOT NULL,
    verified_at  BIGINT,
    created_at   BIGINT,
    expires_at   BIGINT NOT NULL
);

CREATE INDEX email_code_browser ON email_code (browser_hash);
CREATE INDEX email_code_expiry ON email_code (expires_at);

CREATE TABLE passkey (
    id           TEXT PRIMARY KEY,
    account_id   TEXT NOT NULL REFERENCES account (id),
    name         TEXT NOT NULL,
    credential   TEXT NOT NULL, -- JSON
    created_at   BIGINT,
    last_used_at BIGINT
);

CREATE INDEX passkey_account ON passkey (account_id);

CREATE TABLE member (
    organization_id TEXT NOT NULL REFERENCES organization (id),
    account_id      TEXT NOT NULL REFERENCES account (id),
    role            TEXT NOT NULL,
    joined_at       BIGINT,
    PRIMARY KEY (organization_id, account_id)
);

CREATE INDEX member_account ON member (account_id);

CREATE TABLE company_sign_in (
    organization_id TEXT PRIMARY KEY REFERENCES organization (id),
    issuer          TEXT NOT NULL,
    client_id       TEXT NOT NULL,
    sealed_secret   TEXT NOT NULL,
    join_as         TEXT NOT NULL,
    updated_at      BIGINT
);

-- Who is who at a company's sign-in. The issuer is part of it: another one may use the same subjects for other people.
CREATE TABLE company_account (
    organization_id TEXT NOT NULL REFERENCES organization (id),
    issuer          TEXT NOT NULL,
    subject         TEXT NOT NULL,
    account_id      TEXT NOT NULL REFERENCES account (id),
    created_at      BIGINT,
    PRIMARY KEY (organization_id, issuer, subject)
);

-- An account is one person: an address that went to somebody else at the company does not bring the account with it.
CREATE UNIQUE INDEX company_account_account ON company_account (account_id, organization_id, issuer);

CREATE TABLE invitation (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    email           TEXT NOT NULL,
    role            TEXT NOT NULL,
    secret_hash     TEXT NOT NULL,
    invited_by      TEXT NOT NULL,
    created_at      BIGINT,
    expires_at      BIGINT NOT NULL,
    accepted_at     BIGINT,
    withdrawn_at    BIGINT
);

CREATE INDEX invitation_organization ON invitation (organization_id, created_at);
CREATE UNIQUE INDEX invitation_open ON invitation (organization_id, email) WHERE accepted_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitation_expiry ON invitation (expires_at);

CREATE TABLE api_key (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organization (id),
    name            TEXT NOT NULL,
    hash            TEXT NOT NULL,
    rights          TEXT NOT NULL,
    created_by      TEXT NOT NULL,
    created_at      BIGINT,
    expires_at      BIGINT,
    last_used_at    BIGINT,
    revoked_at      BIGINT
);

CREATE INDEX api_key_organization ON api_key (organization_id);
CREATE UNIQUE INDEX api_key_hash ON api_key (hash);

-- Append-only: what members and keys did.
CREATE TABLE activity (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL, -- empty: it concerns the actor's account alone
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    action          TEXT NOT NULL,
    target          TEXT NOT NULL,
    detail          TEXT NOT NULL,
    happened_at     BIGINT NOT NULL
);

CREATE INDEX activity_organization ON activity (organization_id, happened_at, id);
CREATE INDEX activity_account ON activity (actor_id, happened_at, id) WHERE organization_id = '';

CREATE TABLE failed_request (
    id          TEXT PRIMARY KEY,
    product_id  TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    endpoint    TEXT NOT NULL,
    code        TEXT NOT NULL,
    description TEXT NOT NULL,
    detail      TEXT NOT NULL,
    happened_at BIGINT NOT NULL
);

CREATE INDEX failed_request_product ON failed_request (product_id, happened_at, id);
CREATE INDEX failed_request_age ON failed_request (happened_at);

CREATE TABLE tally (
    product_id  TEXT NOT NULL,
    hour_at     BIGINT NOT NULL,
    client_id   TEXT NOT NULL,
    operator_id TEXT NOT NULL, -- empty: none is known
    kind        TEXT NOT NULL,
    total       BIGINT NOT NULL,
    PRIMARY KEY (product_id, hour_at, client_id, operator_id, kind)
);

CREATE INDEX tally_age ON tally (hour_at);

-- Answers of the management API, so that a request that is sent again is not done again.
CREATE TABLE idempotent_answer (
    api_key_id   TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status       BIGINT NOT NULL,
    sealed_body  TEXT NOT NULL,
    done         BOOLEAN NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (api_key_id, key)
);

CREATE INDEX idempotent_answer_age ON idempotent_answer (created_at);

-- For lists, the newest first; with the name, a search reads the index only.
CREATE INDEX product_age ON product (organization_id, created_at, id, name);
CREATE INDEX client_age ON client (product_id, created_at, id);
DROP INDEX product_organization;
DROP INDEX client_product;
