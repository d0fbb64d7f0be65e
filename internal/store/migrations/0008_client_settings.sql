-- How long a replaced refresh token still yields the same successor, in seconds; NULL: as usual for the client's type. And
-- whether ID tokens hold the claims of the granted scopes.
ALTER TABLE client ADD COLUMN refresh_grace_seconds BIGINT;
ALTER TABLE client ADD COLUMN claims_in_id_token BOOLEAN NOT NULL DEFAULT FALSE;
