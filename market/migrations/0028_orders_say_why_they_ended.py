from django.db import migrations, models


class Migration(migrations.Migration):
    """An order that a slot could not take says so."""

    dependencies = [("market", "0027_parts_leave_together")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="ended_because",
            field=models.CharField(
                blank=True, default="", help_text="where it could not be taken: why not", max_length=200
            ),
            preserve_default=False,
        ),
    ]
