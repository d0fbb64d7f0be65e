-- Numbers, addresses and names of people are sealed in the columns that they always had. This says how far that is: all rows of
-- a table are under the key key_id, and those up to cursor under toward. A table that is missing here has rows in the clear.
CREATE TABLE sealing (
    table_name TEXT PRIMARY KEY,
    key_id     TEXT NOT NULL,
    toward     TEXT NOT NULL,
    cursor     TEXT NOT NULL
);
