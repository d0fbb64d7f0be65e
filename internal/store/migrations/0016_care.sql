-- Who of an operator's staff may open sensitive lines, and what staff write to each other about a line.
ALTER TABLE staff ADD COLUMN sensitive BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE line_note (
    id              TEXT PRIMARY KEY,
    operator_id     TEXT NOT NULL,
    subscription_id TEXT NOT NULL,
    author_id       TEXT NOT NULL,
    author          TEXT NOT NULL, -- sealed, as words
    words           TEXT NOT NULL,
    written_at      BIGINT NOT NULL
);

CREATE INDEX line_note_line ON line_note (subscription_id, written_at);
