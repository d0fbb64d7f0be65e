-- Who vouched for what. Where nobody did, a browser is not sent on to a client's address without the person's word.
-- listing.decided: staff of the operator or an administrator brought the listing into its state, not automatic approval.
-- client.applied: an administrator's document put the client there, not a developer.
ALTER TABLE listing ADD COLUMN decided BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE client ADD COLUMN applied BOOLEAN NOT NULL DEFAULT FALSE;

UPDATE listing SET decided = TRUE
WHERE operator_id NOT IN (SELECT id FROM operator WHERE sandbox)
    AND EXISTS (
        SELECT 1 FROM listing_event AS e
        WHERE e.product_id = listing.product_id AND e.operator_id = listing.operator_id AND e.state = listing.state AND e.actor = 'apply'
    );

-- What developers make is in the log; what is not came from a document.
UPDATE client SET applied = TRUE WHERE id NOT IN (SELECT target FROM activity WHERE action = 'client.create');
