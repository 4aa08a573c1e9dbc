from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLES = ("Co-op staff", "Treasury")
VIEW = tuple(f"financing.view_{model}" for model in ("autopayout", "autoclaim"))


def forwards(apps, schema_editor):
    for role in ROLES:
        grant(apps, role, VIEW)


def backwards(apps, schema_editor):
    for role in ROLES:
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("financing", "0018_auto_payouts"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
