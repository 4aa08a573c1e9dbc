from django.db import migrations

from stelltron.members.roles import grant, revoke

MODELS = ("ballot", "comment", "delegation", "house", "proposal", "rollentry", "rules", "sponsor")
VIEW = tuple(f"governance.view_{model}" for model in MODELS)
GRANTS = {
    "Co-op staff": (*VIEW, "governance.change_comment"),
    "Treasury": (*VIEW, "governance.change_proposal"),
}


def forwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTS.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_initial"), ("members", "0008_notices_of_proposals")]

    operations = [migrations.RunPython(forwards, backwards)]
