import django.db.models.deletion
from django.db import migrations, models

CREATE = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON market_feediscount
    FOR EACH STATEMENT EXECUTE FUNCTION stelltron_append_only();
"""
DROP = "DROP TRIGGER append_only ON market_feediscount;"


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_journal_triggers"),
        ("market", "0029_indexes_that_others_contain"),
        ("members", "0009_bank_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="FeeDiscount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("percent", models.PositiveSmallIntegerField()),
                ("valid_from", models.DateTimeField(help_text="the first slot that pays less")),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fee_discounts",
                        to="members.member",
                    ),
                ),
            ],
            options={
                "ordering": ["-valid_from", "-id"],
                "indexes": [models.Index(fields=["member", "-valid_from", "-id"], name="fee_discounts_newest_first")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("percent__lte", 100)), name="fee_discount_within_the_fee"
                    )
                ],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
        migrations.AddField(
            model_name="trade",
            name="tariff_fee",
            field=models.BigIntegerField(default=0, help_text="the grid's fee, before the buyer's discount"),
        ),
    ]
