-- Who invited and who made a key, by account: names can change, and two people may have the same. Empty: an API key did, or it
-- was before this column.
ALTER TABLE invitation ADD COLUMN inviter_id TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN creator_id TEXT NOT NULL DEFAULT '';
