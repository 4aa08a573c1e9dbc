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

CREATE FUNCTION register_refund_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'PAID' THEN
        RAISE EXCEPTION 'refund % is paid', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 'PAID'
       AND NEW.stroops <> (SELECT coalesce(sum(stroops), 0) FROM register_refundpart WHERE refund_id = NEW.id) THEN
        RAISE EXCEPTION 'the parts of refund % are not the whole', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER register_refund_is_whole BEFORE UPDATE ON register_refund
    FOR EACH ROW EXECUTE FUNCTION register_refund_is_whole();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON register_refundpart
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
"""

DROP = """
DROP TRIGGER append_only ON register_refundpart;
DROP TRIGGER register_refund_is_whole ON register_refund;
DROP FUNCTION register_refund_is_whole();
DROP TRIGGER append_only ON register_shareentry;
DROP TRIGGER register_share_entry_holds ON register_shareentry;
DROP FUNCTION register_share_entry_holds();
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial"), ("ledger", "0003_journal_triggers")]

    operations = [migrations.RunSQL(CREATE, DROP)]
