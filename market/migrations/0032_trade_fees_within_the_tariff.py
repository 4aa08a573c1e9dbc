from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("market", "0031_tariff_fees_of_earlier_trades")]

    operations = [
        migrations.AddConstraint(
            model_name="trade",
            constraint=models.CheckConstraint(
                condition=models.Q(("fee__lte", models.F("tariff_fee"))), name="trade_fee_within_the_tariff"
            ),
        ),
    ]
