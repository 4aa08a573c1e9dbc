from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLE = "Co-op staff"
PERMISSIONS = (
    "market.view_gridfee",
    "market.add_gridfee",
    "market.view_friendcontract",
    "market.view_allocationkey",
    "market.add_allocationkey",
)


class Migration(migrations.Migration):
    dependencies = [("market", "0014_office_sees_billing"), ("members", "0002_staff_roles")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: grant(apps, ROLE, PERMISSIONS), lambda apps, editor: revoke(apps, ROLE, PERMISSIONS)
        )
    ]
