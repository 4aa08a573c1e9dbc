from django.db import migrations

from stelltron.members.roles import grant, revoke

MODELS = ("cover", "coverclaim", "coveroffer", "coverpayment", "insurer")
VIEW = tuple(f"financing.view_{model}" for model in MODELS)
GRANTS = {
    "Co-op staff": (*VIEW, "financing.change_insurer"),
    "Treasury": (*VIEW, "financing.change_coverclaim"),
}


def forwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("financing", "0008_cover"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
