from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("market", "0033_staff_see_fee_discounts")]

    operations = [migrations.RemoveConstraint(model_name="trade", name="trade_fee_within_the_tariff")]
