from django.db import migrations

from stelltron.members.roles import grant, revoke

VIEW = ("governance.view_rehearsal", "governance.view_rehearsedbill")


def forwards(apps, schema_editor):
    for role in ("Co-op staff", "Treasury"):
        grant(apps, role, VIEW)


def backwards(apps, schema_editor):
    for role in ("Co-op staff", "Treasury"):
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("governance", "0003_rehearsals")]

    operations = [migrations.RunPython(forwards, backwards)]
