from django.db import migrations, models


class Migration(migrations.Migration):
    """An ended contract counts for the slots before its end, so that it must have one; it may never have held.

    Those ended so far counted for no slot that is still to be cleared.
    """

    dependencies = [("market", "0023_trades_by_member_and_slot")]

    operations = [
        migrations.RemoveConstraint(model_name="friendcontract", name="friend_contract_ends_later"),
        migrations.AddConstraint(
            model_name="friendcontract",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gte", models.F("valid_from"))), name="friend_contract_ends_later"
            ),
        ),
        migrations.RunSQL(
            "UPDATE market_friendcontract SET valid_until = GREATEST(valid_from, LEAST(valid_until, now()))"
            " WHERE state = 'ENDED'",
            migrations.RunSQL.noop,
        ),
    ]
