from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("financing", "0019_auto_payouts_for_staff"),
    ]

    operations = [
        migrations.AlterField(
            model_name="payment",
            name="payer",
            field=models.CharField(help_text="the generator itself where it was given away", max_length=56),
        ),
    ]
