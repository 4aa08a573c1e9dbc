from datetime import UTC, datetime

from django.db import migrations, models


def add_times(apps, schema_editor):
    """Of what is there only the last report's time is known."""
    for meter in apps.get_model("financing", "PrepaidMeter").objects.exclude(unknown_counts=[]):
        at = int((meter.seen_at or datetime.now(UTC)).timestamp())
        meter.unknown_counts = [[count, at] for count in meter.unknown_counts]
        meter.save(update_fields=["unknown_counts"])


def take_times_away(apps, schema_editor):
    for meter in apps.get_model("financing", "PrepaidMeter").objects.exclude(unknown_counts=[]):
        meter.unknown_counts = [count for count, _ in meter.unknown_counts]
        meter.save(update_fields=["unknown_counts"])


class Migration(migrations.Migration):
    dependencies = [("financing", "0023_announcements_for_staff")]

    operations = [
        migrations.AlterField(
            model_name="prepaidmeter",
            name="unknown_counts",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="of codes it says it took, and that were never issued, each with the unix second we heard of it",
            ),
        ),
        migrations.RunPython(add_times, take_times_away),
    ]
