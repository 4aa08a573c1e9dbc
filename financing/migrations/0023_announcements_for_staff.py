from django.db import migrations

from stelltron.members.roles import grant, revoke

VIEW = "financing.view_announcement"
GRANTS = {"Co-op staff": (VIEW,), "Treasury": (VIEW, "financing.change_announcement")}


def forwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("financing", "0022_announcements"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
