from django.db import migrations, models

ONE_ROW_A_SLOT = """
UPDATE market_lockdelivery kept SET wh = total.wh, used_wh = total.used_wh
FROM (
    SELECT min(id) AS id, sum(wh) AS wh, sum(used_wh) AS used_wh FROM market_lockdelivery GROUP BY locked_id, slot
) total
WHERE kept.id = total.id;
DELETE FROM market_lockdelivery later USING market_lockdelivery first
WHERE later.locked_id = first.locked_id AND later.slot = first.slot AND later.id > first.id;
"""


class Migration(migrations.Migration):
    """A later version of a slot's run may add to what was delivered there, in a row of its own."""

    dependencies = [("market", "0024_ended_contracts_keep_their_slots")]

    operations = [
        migrations.RemoveConstraint(model_name="lockdelivery", name="one_delivery_per_lock_and_slot"),
        migrations.RemoveConstraint(model_name="lockdelivery", name="used_within_the_delivered"),
        migrations.RunSQL(migrations.RunSQL.noop, ONE_ROW_A_SLOT),
        migrations.AddConstraint(
            model_name="lockdelivery",
            constraint=models.UniqueConstraint(fields=("locked", "run"), name="one_delivery_per_lock_and_run"),
        ),
        migrations.AddConstraint(
            model_name="lockdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("used_wh__gte", 0), ("wh__gte", 0), models.Q(("wh__gt", 0), ("used_wh__gt", 0), _connector="OR")
                ),
                name="a_delivery_adds_something",
            ),
        ),
        migrations.AlterField(
            model_name="lockdelivery",
            name="used_wh",
            field=models.BigIntegerField(help_text="what the buyer drew of it, or of what earlier versions counted"),
        ),
    ]
