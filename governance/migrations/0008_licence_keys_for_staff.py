from django.db import migrations

from stelltron.members.roles import grant, revoke

GRANTS = {
    "Co-op staff": ("governance.view_licencekey", "governance.change_licencekey"),
    "Treasury": ("governance.view_licencekey",),
}


def forwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("governance", "0007_licence_keys")]

    operations = [migrations.RunPython(forwards, backwards)]
