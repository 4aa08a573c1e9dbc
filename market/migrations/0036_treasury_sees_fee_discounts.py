from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLE = "Treasury"
PERMISSIONS = ("market.view_feediscount",)


class Migration(migrations.Migration):
    dependencies = [("market", "0035_trades_pay_the_whole_tariff")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: grant(apps, ROLE, PERMISSIONS), lambda apps, editor: revoke(apps, ROLE, PERMISSIONS)
        )
    ]
