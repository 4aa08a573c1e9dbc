from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLES = ("Co-op staff", "Treasury")
VIEW = tuple(f"financing.view_{model}" for model in ("agent", "agentsale", "handover", "photograph"))


def forwards(apps, schema_editor):
    for role in ROLES:
        grant(apps, role, VIEW)


def backwards(apps, schema_editor):
    for role in ROLES:
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("financing", "0012_photographs_and_agents"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
