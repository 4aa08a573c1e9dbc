from django.db import migrations

CREATE = """
CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_journalline WHERE entry_id = NEW.entry_id
               GROUP BY asset HAVING sum(amount) <> 0) THEN
        RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entry_balances AFTER INSERT ON ledger_journalline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances();

CREATE FUNCTION stelltron_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_journalline
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON core_actionlog
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
"""

DROP = """
DROP TRIGGER append_only ON core_actionlog;
DROP TRIGGER append_only ON ledger_journalline;
DROP TRIGGER append_only ON ledger_journalentry;
DROP FUNCTION stelltron_append_only();
DROP TRIGGER ledger_entry_balances ON ledger_journalline;
DROP FUNCTION ledger_entry_balances();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_relations"), ("core", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
