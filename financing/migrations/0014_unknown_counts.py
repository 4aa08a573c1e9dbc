from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("financing", "0013_agents_for_staff")]

    operations = [
        migrations.AddField(
            model_name="prepaidmeter",
            name="unknown_counts",
            field=models.JSONField(
                blank=True, default=list, help_text="of codes it says it took, and that were never issued"
            ),
        ),
    ]
