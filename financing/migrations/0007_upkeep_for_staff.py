from django.db import migrations

from stelltron.members.roles import grant, revoke

VIEW = ("financing.view_ticket", "financing.view_upkeep")
GRANTS = {
    "Co-op staff": (*VIEW, "financing.change_ticket"),
    "Treasury": (*VIEW, "financing.change_upkeep"),
    "Device technician": ("financing.view_ticket", "financing.change_ticket"),
}


def forwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("financing", "0006_upkeep"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
