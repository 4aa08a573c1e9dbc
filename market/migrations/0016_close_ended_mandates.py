from django.db import migrations


class Migration(migrations.Migration):
    """An ended mandate counts for the slots before its end, so that it must have one."""

    dependencies = [("market", "0015_staff_see_grid_fees")]

    operations = [
        migrations.RunSQL(
            "UPDATE market_mandate SET valid_until = GREATEST(valid_from, LEAST(valid_until, now()))"
            " WHERE state = 'ENDED'",
            migrations.RunSQL.noop,
        )
    ]
