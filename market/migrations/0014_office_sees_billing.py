from django.contrib.auth.management import create_permissions
from django.db import migrations

STAFF = ("view_heldenergy", "view_worseoff", "view_billnumber")


def grant(apps, schema_editor):
    config = apps.get_app_config("market")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    found = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="market", codename__in=STAFF)
    apps.get_model("auth", "Group").objects.get(name="Co-op staff").permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("market", "0013_members_worse_off")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
