from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("financing", "0015_suspensions"),
    ]

    operations = [
        migrations.AddField(
            model_name="future",
            name="sold_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="future",
            name="sold_event",
            field=models.CharField(blank=True, help_text="orders it among all that the chain said", max_length=60),
        ),
        migrations.AddField(
            model_name="future",
            name="sold_hash",
            field=models.CharField(blank=True, help_text="of its transaction", max_length=64),
        ),
    ]
