from django.db import migrations

CREATE = """
CREATE FUNCTION register_share_entry_holds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owned bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('shares:' || NEW.community_id::text, 0));
    IF EXISTS (SELECT FROM register_shareentry WHERE community_id = NEW.community_id AND day > NEW.day) THEN
        RAISE EXCEPTION 'the share register does not go back to %', NEW.day USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.giver_id IS NOT NULL THEN
        SELECT coalesce(sum(CASE WHEN taker_id = NEW.giver_id THEN shares ELSE -shares END), 0) INTO owned
        FROM register_shareentry WHERE NEW.giver_id IN (taker_id, giver_id);
        IF owned < NEW.shares THEN
            RAISE EXCEPTION '% shares are given away, % are there', NEW.shares, owned USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER register_share_entry_holds BEFORE INSERT ON register_shareentry
    FOR EACH ROW EXECUTE FUNCTION register_share_entry_holds();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON register_shareentry
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
"""

DROP = """
DROP TRIGGER append_only ON register_shareentry;
DROP TRIGGER register_share_entry_holds ON register_shareentry;
DROP FUNCTION register_share_entry_holds();
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial"), ("ledger", "0003_journal_triggers")]

    operations = [migrations.RunSQL(CREATE, DROP)]
