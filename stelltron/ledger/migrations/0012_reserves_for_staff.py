from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLES = ("Co-op staff", "Treasury")
VIEW = tuple(f"ledger.view_{model}" for model in ("reservebalance", "attestation", "redemption"))


def forwards(apps, schema_editor):
    for role in ROLES:
        grant(apps, role, VIEW)


def backwards(apps, schema_editor):
    for role in ROLES:
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_reserves"), ("members", "0009_bank_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
