from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("financing", "0014_unknown_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="insurer",
            name="suspended_at",
            field=models.DateTimeField(blank=True, help_text="by staff: nothing new until it is lifted", null=True),
        ),
        migrations.AddField(
            model_name="insurer",
            name="suspension",
            field=models.CharField(blank=True, help_text="why", max_length=300),
        ),
        migrations.AddField(
            model_name="provider",
            name="suspended_at",
            field=models.DateTimeField(blank=True, help_text="by staff: nothing new until it is lifted", null=True),
        ),
        migrations.AddField(
            model_name="provider",
            name="suspension",
            field=models.CharField(blank=True, help_text="why", max_length=300),
        ),
    ]
