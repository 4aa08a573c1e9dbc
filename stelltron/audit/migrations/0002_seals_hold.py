"""The log announces each row to be sealed; seals and anchors are never changed; an erasure changes words and nothing else."""

from django.db import migrations

CREATE = """
CREATE FUNCTION audit_announce_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (action_id, community_id, since) VALUES (NEW.id, NEW.community_id, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER audit_announce_action AFTER INSERT ON core_actionlog
    FOR EACH ROW EXECUTE FUNCTION audit_announce_action();
INSERT INTO audit_unsealed (action_id, community_id, since) SELECT id, community_id, clock_timestamp() FROM core_actionlog;

CREATE FUNCTION audit_seal_holds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.salt IS NULL AND EXISTS (SELECT FROM audit_erasure WHERE id = NEW.erasure_id AND state = 'DONE')
       AND to_jsonb(NEW) - 'salt' - 'erasure_id' = to_jsonb(OLD) - 'salt' - 'erasure_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a seal is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_seal_holds BEFORE UPDATE ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_seal_holds();
CREATE TRIGGER append_only BEFORE DELETE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();

CREATE FUNCTION audit_action_holds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.reason = '(erased)' AND NEW.details = '{}'
       AND EXISTS (SELECT FROM audit_seal WHERE action_id = OLD.id AND salt IS NULL)
       AND to_jsonb(NEW) - 'reason' - 'details' = to_jsonb(OLD) - 'reason' - 'details' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'core_actionlog is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
DROP TRIGGER append_only ON core_actionlog;
CREATE TRIGGER append_only BEFORE DELETE ON core_actionlog
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
CREATE TRIGGER audit_action_holds BEFORE UPDATE ON core_actionlog
    FOR EACH ROW EXECUTE FUNCTION audit_action_holds();
"""

DROP = """
DROP TRIGGER audit_action_holds ON core_actionlog;
DROP TRIGGER append_only ON core_actionlog;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core_actionlog
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
DROP FUNCTION audit_action_holds();
DROP TRIGGER append_only ON audit_anchor;
DROP TRIGGER append_only ON audit_seal;
DROP TRIGGER audit_seal_holds ON audit_seal;
DROP FUNCTION audit_seal_holds();
DROP TRIGGER audit_announce_action ON core_actionlog;
DROP FUNCTION audit_announce_action();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("ledger", "0003_journal_triggers")]

    operations = [migrations.RunSQL(CREATE, DROP)]
