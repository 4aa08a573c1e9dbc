from django.db import migrations, models

KINDS = [("PATRONAGE", "surplus by what was traded"), ("FEE_DISCOUNTS", "grid fees back for staked GRID")]


class Migration(migrations.Migration):
    dependencies = [("register", "0004_a_payment_has_one_use")]

    operations = [
        migrations.AddField(
            model_name="refund",
            name="kind",
            field=models.CharField(choices=KINDS, default="PATRONAGE", max_length=13),
        ),
        migrations.AlterField(
            model_name="refund",
            name="stroops",
            field=models.BigIntegerField(help_text="all parts together; it is in the bank"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "PROPOSED"), models.Q(("kind", "PATRONAGE"), _negated=True)),
                fields=("community", "kind"),
                name="one_refund_of_what_is_owed_waits",
            ),
        ),
        migrations.RemoveConstraint(model_name="refundpart", name="parts_are_of_what_was_traded"),
        migrations.RenameField(model_name="refundpart", old_name="traded", new_name="basis"),
        migrations.AlterField(
            model_name="refundpart",
            name="basis",
            field=models.BigIntegerField(
                help_text="stroops it is reckoned from: paid and got for energy in the period,"
                " or grid fees since the first discount"
            ),
        ),
        migrations.AddConstraint(
            model_name="refundpart",
            constraint=models.CheckConstraint(
                condition=models.Q(("basis__gt", 0), ("stroops__gte", 0)), name="parts_are_of_something"
            ),
        ),
    ]
