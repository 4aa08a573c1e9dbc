from datetime import timedelta

from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLES = ("Co-op staff", "Treasury")
VIEW = ("financing.view_buyout", "financing.view_buyoutpart")
DUE_PERCENT = (50, 100, 100)


def forwards(apps, schema_editor):
    """Generators that were funded before milestones had a day."""
    for role in ROLES:
        grant(apps, role, VIEW)
    milestones = apps.get_model("financing", "Milestone").objects.select_related("generator__offering__bid")
    for milestone in milestones.filter(generator__funded_at__isnull=False, due_at=None):
        days = timedelta(days=milestone.generator.offering.bid.installation_days)
        milestone.due_at = milestone.generator.funded_at + days * DUE_PERCENT[milestone.number] / 100
        milestone.save(update_fields=["due_at"])


def backwards(apps, schema_editor):
    for role in ROLES:
        revoke(apps, role, VIEW)


class Migration(migrations.Migration):
    dependencies = [("financing", "0010_lateness_and_buyouts"), ("members", "0006_financing_notices")]

    operations = [migrations.RunPython(forwards, backwards)]
