from django.db import migrations

from stelltron.members.roles import grant, revoke

GRANTED = {
    "Co-op staff": (
        "audit.view_anchor", "audit.view_seal", "audit.view_erasure", "audit.add_erasure", "audit.change_erasure",
    ),
    "Treasury": ("audit.view_anchor", "audit.add_anchor", "audit.export_books"),
}  # fmt: skip


def forwards(apps, schema_editor):
    for role, permissions in GRANTED.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTED.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_seals_hold"), ("members", "0002_staff_roles")]

    operations = [migrations.RunPython(forwards, backwards)]
