from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLES = ("Co-op staff", "Treasury")
VIEW = ("bank.view_casestep",)


def forwards(apps, schema_editor):
    for role in ROLES:
        grant(apps, role, VIEW)


def backwards(apps, schema_editor):
    for role in ROLES:
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("bank", "0006_chargebacks_by_two")]

    operations = [migrations.RunPython(forwards, backwards)]
