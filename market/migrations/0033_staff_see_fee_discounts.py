from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLE = "Co-op staff"
PERMISSIONS = ("market.view_feediscount",)


class Migration(migrations.Migration):
    dependencies = [("market", "0032_trade_fees_within_the_tariff")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: grant(apps, ROLE, PERMISSIONS), lambda apps, editor: revoke(apps, ROLE, PERMISSIONS)
        )
    ]
