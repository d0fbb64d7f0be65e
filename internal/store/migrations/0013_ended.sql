-- What ended, what is blocked, what shrank. A token is read by the key of its grant; whether all that the grant stands on is still there
-- is looked up here, where there are few, and not in tables that hold everybody. The database keeps it by itself, so that no statement
-- forgets to, nor one of the release before. See docs/decisions/0023.
CREATE TABLE ended (
    id       TEXT PRIMARY KEY, -- of a subscription that has ended or is blocked, of a consent that was taken back or changed, of a session
    ended_at BIGINT,           -- NULL: it goes on, or may go on again
    scopes   TEXT              -- of a consent: those that are left
);

INSERT INTO ended (id, ended_at) SELECT id, ended_at FROM subscription WHERE status <> 'active';
INSERT INTO ended (id, ended_at) SELECT id, ended_at FROM session WHERE ended_at IS NOT NULL;
INSERT INTO ended (id, ended_at, scopes) SELECT id, revoked_at, scopes FROM consent AS c
WHERE revoked_at IS NOT NULL OR EXISTS (SELECT 1 FROM consent_event AS e WHERE e.consent_id = c.id AND e.kind <> 'granted');

--engine postgres
CREATE FUNCTION dialtone_subscription_ended() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NEW.status = 'active' THEN
        DELETE FROM ended WHERE id = NEW.id;
    ELSE
        INSERT INTO ended (id, ended_at) VALUES (NEW.id, NEW.ended_at) ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER subscription_ended AFTER UPDATE OF status, ended_at ON subscription FOR EACH ROW
WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION dialtone_subscription_ended();

CREATE FUNCTION dialtone_consent_ended() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO ended (id, ended_at, scopes) VALUES (NEW.id, NEW.revoked_at, NEW.scopes)
    ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, scopes = excluded.scopes;
    RETURN NULL;
END $$;
CREATE TRIGGER consent_ended AFTER UPDATE OF revoked_at, scopes ON consent FOR EACH ROW
WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at OR OLD.scopes IS DISTINCT FROM NEW.scopes) EXECUTE FUNCTION dialtone_consent_ended();

CREATE FUNCTION dialtone_session_ended() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM ended WHERE id = OLD.id;
    ELSE
        INSERT INTO ended (id, ended_at) VALUES (NEW.id, NEW.ended_at) ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON session FOR EACH ROW
WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION dialtone_session_ended();
CREATE TRIGGER session_deleted AFTER DELETE ON session FOR EACH ROW
WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION dialtone_session_ended();

--engine sqlite
CREATE TRIGGER subscription_ended AFTER UPDATE OF status, ended_at ON subscription WHEN NEW.status <> 'active'
BEGIN
    INSERT INTO ended (id, ended_at) VALUES (NEW.id, NEW.ended_at) ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at;
END;
CREATE TRIGGER subscription_unblocked AFTER UPDATE OF status ON subscription WHEN NEW.status = 'active' AND OLD.status <> 'active'
BEGIN
    DELETE FROM ended WHERE id = NEW.id;
END;
CREATE TRIGGER consent_ended AFTER UPDATE OF revoked_at, scopes ON consent
WHEN OLD.revoked_at IS NOT NEW.revoked_at OR OLD.scopes IS NOT NEW.scopes
BEGIN
    INSERT INTO ended (id, ended_at, scopes) VALUES (NEW.id, NEW.revoked_at, NEW.scopes)
    ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, scopes = excluded.scopes;
END;
CREATE TRIGGER session_ended AFTER UPDATE OF ended_at ON session WHEN OLD.ended_at IS NOT NEW.ended_at
BEGIN
    INSERT INTO ended (id, ended_at) VALUES (NEW.id, NEW.ended_at) ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at;
END;
CREATE TRIGGER session_deleted AFTER DELETE ON session WHEN OLD.ended_at IS NOT NULL
BEGIN
    DELETE FROM ended WHERE id = OLD.id;
END;
