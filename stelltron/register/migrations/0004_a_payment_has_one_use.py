from django.db import migrations

# A bank's reference stands for one payment: it becomes WATT, or pays for shares.
CREATE = """
CREATE FUNCTION register_payment_has_one_use() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE is_used boolean;
BEGIN
    IF NEW.state = 'REJECTED' THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('payment:' || NEW.reference, 0));
    IF TG_TABLE_NAME = 'ledger_paymentproposal' THEN
        SELECT EXISTS (SELECT FROM register_shareproposal
            WHERE reference = NEW.reference AND kind = 'ISSUE' AND state <> 'REJECTED') INTO is_used;
    ELSE
        SELECT NEW.kind = 'ISSUE' AND EXISTS (SELECT FROM ledger_paymentproposal
            WHERE reference = NEW.reference AND state <> 'REJECTED') INTO is_used;
    END IF;
    IF is_used THEN
        RAISE EXCEPTION 'the bank payment % has another use', NEW.reference USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payment_has_one_use BEFORE INSERT OR UPDATE OF reference, kind, state ON register_shareproposal
    FOR EACH ROW EXECUTE FUNCTION register_payment_has_one_use();
CREATE TRIGGER payment_has_one_use BEFORE INSERT OR UPDATE OF reference, state ON ledger_paymentproposal
    FOR EACH ROW EXECUTE FUNCTION register_payment_has_one_use();
"""
DROP = """
DROP TRIGGER payment_has_one_use ON ledger_paymentproposal;
DROP TRIGGER payment_has_one_use ON register_shareproposal;
DROP FUNCTION register_payment_has_one_use();
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0003_staff_roles"), ("ledger", "0012_reserves_for_staff")]

    operations = [migrations.RunSQL(CREATE, DROP)]
