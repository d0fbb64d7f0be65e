-- How many digits a PIN has: one for a number that strangers guess at has more than usual. 0: as many as ever.
ALTER TABLE challenge ADD COLUMN digits BIGINT NOT NULL DEFAULT 0;
