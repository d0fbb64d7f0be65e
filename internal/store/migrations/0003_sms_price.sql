-- What an SMS costs the operator, for the products' developers if the operator wants them to see it.
ALTER TABLE operator ADD COLUMN sms_price BIGINT NOT NULL DEFAULT 0; -- a segment, in millionths of the currency's unit
ALTER TABLE operator ADD COLUMN sms_currency TEXT NOT NULL DEFAULT ''; -- ISO 4217
ALTER TABLE operator ADD COLUMN sms_share_price BOOLEAN NOT NULL DEFAULT FALSE;
