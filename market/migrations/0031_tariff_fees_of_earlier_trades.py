from django.db import migrations

# Nothing was taken off them.
FILL = "UPDATE market_trade SET tariff_fee = fee WHERE fee > 0"


class Migration(migrations.Migration):
    dependencies = [("market", "0030_fee_discounts")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
