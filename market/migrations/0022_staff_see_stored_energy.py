from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLE = "Co-op staff"
PERMISSIONS = (
    "market.view_storedoffer",
    "market.view_lockedtrade",
    "market.view_lockdelivery",
    "market.view_sellerreliability",
    "ledger.view_energylock",
)


class Migration(migrations.Migration):
    dependencies = [("market", "0021_stored_energy"), ("ledger", "0007_energy_locks")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: grant(apps, ROLE, PERMISSIONS), lambda apps, editor: revoke(apps, ROLE, PERMISSIONS)
        )
    ]
