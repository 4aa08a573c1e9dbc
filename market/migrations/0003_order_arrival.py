from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("market", "0002_relations")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE market_order_arrival", "DROP SEQUENCE market_order_arrival"),
    ]
