from django.contrib.auth.management import create_permissions
from django.db import migrations

CREATE = """
CREATE FUNCTION market_band_overlaps() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM market_tariffband b WHERE b.tariff_id = NEW.tariff_id AND b.id <> NEW.id
               AND b.weekdays & NEW.weekdays <> 0
               AND b.from_minute < NEW.to_minute AND NEW.from_minute < b.to_minute) THEN
        RAISE EXCEPTION 'band % overlaps another', NEW.name USING ERRCODE = 'exclusion_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER band_overlaps BEFORE INSERT OR UPDATE ON market_tariffband
    FOR EACH ROW EXECUTE FUNCTION market_band_overlaps();
"""
DROP = """
DROP TRIGGER band_overlaps ON market_tariffband;
DROP FUNCTION market_band_overlaps();
"""


def grant(apps, schema_editor):
    config = apps.get_app_config("market")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permission = apps.get_model("auth", "Permission")
    names = ("view_tariffband", "view_memberplan", "add_memberplan", "view_gridfee", "add_gridfee")
    found = permission.objects.filter(content_type__app_label="market", codename__in=names)
    apps.get_model("auth", "Group").objects.get(name="Co-op staff").permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("market", "0007_tariff_plans_and_bands"),
        ("members", "0002_staff_roles"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP), migrations.RunPython(grant, migrations.RunPython.noop)]
