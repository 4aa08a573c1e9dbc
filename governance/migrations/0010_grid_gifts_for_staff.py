from django.db import migrations

from stelltron.members.roles import grant, revoke

VIEW = "governance.view_gridgift"
GRANTS = {
    "Co-op staff": (VIEW,),
    "Treasury": (VIEW, "governance.add_gridgift", "governance.change_gridgift"),
}


def forwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("governance", "0009_grid_gifts")]

    operations = [migrations.RunPython(forwards, backwards)]
