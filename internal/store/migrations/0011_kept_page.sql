-- A page that answered a form, sealed, for the minutes in which its browser may load it again.
CREATE TABLE kept_page (
    id          TEXT PRIMARY KEY,
    sealed_body TEXT NOT NULL,
    expires_at  BIGINT NOT NULL
);

CREATE INDEX kept_page_age ON kept_page (expires_at);
