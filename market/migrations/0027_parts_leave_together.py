from django.db import migrations, models

# What is on its way already leaves by itself.
ON_ITS_WAY = "".join(
    f"UPDATE market_lockedtrade SET {side}_leaves = trade_id || ':{side}' WHERE EXISTS"
    f" (SELECT 1 FROM ledger_chainintent i WHERE i.key = 'lock:' || trade_id || ':ask-{side}');"
    for side in ("buyer", "seller")
)


class Migration(migrations.Migration):
    """All that a member sold or bought ahead leaves the marketplace in one withdrawal."""

    dependencies = [("market", "0026_lots_by_expiry"), ("ledger", "0007_energy_locks")]

    operations = [
        *(
            migrations.AddField(
                model_name="lockedtrade",
                name=f"{side}_leaves",
                field=models.CharField(
                    blank=True, default="", help_text="the withdrawal that takes it along", max_length=45
                ),
                preserve_default=False,
            )
            for side in ("buyer", "seller")
        ),
        migrations.RunSQL(ON_ITS_WAY, migrations.RunSQL.noop),
    ]
