from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLES, VIEW = ("Co-op staff", "Treasury"), ("financing.view_future",)


def forwards(apps, schema_editor):
    for role in ROLES:
        grant(apps, role, VIEW)


def backwards(apps, schema_editor):
    for role in ROLES:
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("financing", "0004_futures"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
