from django.contrib.auth.management import create_permissions
from django.db import migrations

CREATE = """
CREATE FUNCTION market_bill_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'PREVIEW' THEN RETURN OLD; END IF;
    ELSIF OLD.state = 'PREVIEW' THEN
        IF NEW.state = 'PREVIEW' OR NEW.total =
           (SELECT coalesce(sum(amount), 0) FROM market_billline WHERE bill_id = NEW.id) THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'bill % does not add up', NEW.id USING ERRCODE = 'check_violation';
    ELSIF OLD.state = 'FINAL' AND NEW.state = 'POSTED' AND
          to_jsonb(NEW) - '{state,posted_at}'::text[] = to_jsonb(OLD) - '{state,posted_at}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'bill % is final', OLD.id USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER bill_is_final BEFORE UPDATE OR DELETE ON market_bill
    FOR EACH ROW EXECUTE FUNCTION market_bill_is_final();

CREATE FUNCTION market_bill_line_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM market_bill WHERE state <> 'PREVIEW'
               AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.bill_id END,
                          CASE WHEN TG_OP <> 'DELETE' THEN NEW.bill_id END)) THEN
        RAISE EXCEPTION 'a final bill keeps its lines' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER bill_line_is_final BEFORE INSERT OR UPDATE OR DELETE ON market_billline
    FOR EACH ROW EXECUTE FUNCTION market_bill_line_is_final();
"""
DROP = """
DROP TRIGGER bill_line_is_final ON market_billline;
DROP FUNCTION market_bill_line_is_final();
DROP TRIGGER bill_is_final ON market_bill;
DROP FUNCTION market_bill_is_final();
"""
STAFF = ("view_latereading", "view_bill", "add_bill", "change_bill", "view_billline", "view_dispute", "change_dispute")


def grant(apps, schema_editor):
    config = apps.get_app_config("market")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="market", codename__in=STAFF)
    apps.get_model("auth", "Group").objects.get(name="Co-op staff").permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("market", "0010_bills_and_disputes")]

    operations = [migrations.RunSQL(CREATE, DROP), migrations.RunPython(grant, migrations.RunPython.noop)]
