import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("market", "0037_rows_that_others_point_at_stay")]

    operations = [
        migrations.RemoveConstraint(
            model_name="statementline",
            name="one_line_per_member_run_kind_and_price",
        ),
        migrations.AlterField(
            model_name="order",
            name="community",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="core.community"
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="member",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="orders",
                to="members.member",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="point",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="devices.meteringpoint",
            ),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="member",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="statement_lines",
                to="members.member",
            ),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="run",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="market.slotrun",
            ),
        ),
        migrations.AlterField(
            model_name="statementline",
            name="trade",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="spot trades only",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="market.trade",
            ),
        ),
        migrations.AlterField(
            model_name="trade",
            name="buy_order",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fills_bought",
                to="market.order",
            ),
        ),
        migrations.AlterField(
            model_name="trade",
            name="buyer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="purchases",
                to="members.member",
            ),
        ),
        migrations.AlterField(
            model_name="trade",
            name="community",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to="core.community"
            ),
        ),
        migrations.AlterField(
            model_name="trade",
            name="run",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="trades",
                to="market.slotrun",
            ),
        ),
        migrations.AlterField(
            model_name="trade",
            name="sell_order",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fills_sold",
                to="market.order",
            ),
        ),
        migrations.AlterField(
            model_name="trade",
            name="seller",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sales",
                to="members.member",
            ),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(condition=models.Q(("trade__isnull", False)), fields=["trade"], name="lines_of_trade"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(condition=models.Q(("run__isnull", False)), fields=["run"], name="trades_of_run"),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(
                condition=models.Q(("buy_order__isnull", False)), fields=["buy_order"], name="trades_of_buy_order"
            ),
        ),
        migrations.AddIndex(
            model_name="trade",
            index=models.Index(
                condition=models.Q(("sell_order__isnull", False)), fields=["sell_order"], name="trades_of_sell_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("run__isnull", False)),
                fields=("run", "member", "kind", "price"),
                name="one_line_per_run_member_kind_and_price",
            ),
        ),
    ]
