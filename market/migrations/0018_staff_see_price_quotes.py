from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLE = "Co-op staff"
PERMISSIONS = ("market.view_pricequote",)


class Migration(migrations.Migration):
    dependencies = [("market", "0017_price_quotes")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: grant(apps, ROLE, PERMISSIONS), lambda apps, editor: revoke(apps, ROLE, PERMISSIONS)
        )
    ]
