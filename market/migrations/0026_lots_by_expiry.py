from django.db import migrations, models

# Of several the earliest end counts, as it did.
ONE_LOT_A_SLOT = """
UPDATE market_bankedenergy kept SET wh = total.wh, expires_at = total.expires_at
FROM (
    SELECT min(id) AS id, sum(wh) AS wh, min(expires_at) FILTER (WHERE wh > 0) AS expires_at
    FROM market_bankedenergy GROUP BY member_id, slot HAVING count(*) > 1 AND sum(wh) > 0
) total
WHERE kept.id = total.id;
DELETE FROM market_bankedenergy later USING market_bankedenergy first
WHERE later.member_id = first.member_id AND later.slot = first.slot AND later.id > first.id;
"""


class Migration(migrations.Migration):
    """What was bought with a later expiry keeps it."""

    dependencies = [("market", "0025_deliveries_per_version")]

    operations = [
        migrations.RemoveConstraint(model_name="bankedenergy", name="one_lot_per_member_and_slot"),
        migrations.RunSQL(migrations.RunSQL.noop, ONE_LOT_A_SLOT),
        migrations.AddConstraint(
            model_name="bankedenergy",
            constraint=models.UniqueConstraint(
                fields=("member", "slot", "expires_at"), name="one_lot_per_member_slot_and_expiry"
            ),
        ),
        migrations.AlterField(
            model_name="bankedenergy",
            name="slot",
            field=models.DateTimeField(help_text="the slot it was produced or bought in"),
        ),
    ]
