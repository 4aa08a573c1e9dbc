from django.db import migrations
from django.db.models.functions import Lower


def lower(apps, schema_editor):
    """Two users whose addresses differ by case alone stop the migration: somebody has to say who signs in."""
    users = apps.get_model("members", "User").objects.exclude(email=None)
    users.exclude(email=Lower("email")).update(email=Lower("email"))


class Migration(migrations.Migration):
    dependencies = [("members", "0002_staff_roles")]
    operations = [migrations.RunPython(lower, migrations.RunPython.noop)]
