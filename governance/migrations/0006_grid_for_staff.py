from django.db import migrations

from stelltron.members.roles import grant, revoke

VIEW = ("governance.view_gridpool", "governance.view_gridposition", "governance.view_gridmovement")


def forwards(apps, schema_editor):
    for role in ("Co-op staff", "Treasury"):
        grant(apps, role, VIEW)


def backwards(apps, schema_editor):
    for role in ("Co-op staff", "Treasury"):
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("governance", "0005_grid")]

    operations = [migrations.RunPython(forwards, backwards)]
