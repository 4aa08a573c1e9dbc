from django.db import migrations

from stelltron.members.roles import grant, revoke

MODELS = (
    "energycode",
    "exitauction",
    "exitfill",
    "exitorder",
    "generator",
    "generatorrequest",
    "milestone",
    "offering",
    "payment",
    "payout",
    "pledge",
    "prepaidmeter",
    "provider",
    "providerbid",
    "stake",
    "unittransfer",
)
VIEW = tuple(f"financing.view_{model}" for model in MODELS)
GRANTS = {
    "Co-op staff": (*VIEW, "financing.change_provider", "financing.change_offering"),
    "Treasury": (*VIEW, "financing.change_milestone"),
    "Device technician": ("financing.view_generator", "financing.view_prepaidmeter", "financing.change_generator"),
}


def forwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("financing", "0001_initial"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
