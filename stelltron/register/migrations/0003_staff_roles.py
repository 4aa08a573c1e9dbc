from django.db import migrations

from stelltron.members.roles import grant, revoke

VIEW = (
    "register.view_application",
    "register.view_shareproposal",
    "register.view_shareentry",
    "register.view_departure",
)
GRANTED = {
    "Co-op staff": (*VIEW, "register.change_application", "register.add_departure", "register.change_departure"),
    "Treasury": (
        *VIEW,
        "register.add_shareproposal",
        "register.change_shareproposal",
        "register.add_refund",
        "register.change_refund",
    ),
}


def forwards(apps, schema_editor):
    for role, permissions in GRANTED.items():
        grant(apps, role, permissions)


def backwards(apps, schema_editor):
    for role, permissions in GRANTED.items():
        revoke(apps, role, permissions)


class Migration(migrations.Migration):
    dependencies = [("register", "0002_the_ledger_of_shares_holds"), ("members", "0002_staff_roles")]

    operations = [migrations.RunPython(forwards, backwards)]
