from django.db import migrations

from stelltron.members.roles import grant, revoke

CHANGE = ("bank.change_casestep",)


def forwards(apps, schema_editor):
    grant(apps, "Treasury", CHANGE)


def backwards(apps, schema_editor):
    revoke(apps, "Treasury", CHANGE)


class Migration(migrations.Migration):
    dependencies = [("bank", "0015_changes_of_wallets")]

    operations = [migrations.RunPython(forwards, backwards)]
