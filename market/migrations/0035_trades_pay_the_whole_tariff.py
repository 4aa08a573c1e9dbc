from django.db import migrations, models

FILL = "UPDATE market_trade SET tariff_fee = fee WHERE fee > 0"


class Migration(migrations.Migration):
    dependencies = [("market", "0034_fees_without_a_tariff_beside_them")]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, FILL),
        migrations.RemoveField(model_name="trade", name="tariff_fee"),
        migrations.AlterField(
            model_name="feediscount",
            name="valid_from",
            field=models.DateTimeField(help_text="the first slot that counts"),
        ),
    ]
