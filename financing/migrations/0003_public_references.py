from django.db import migrations, models

import stelltron.core.ids

MODELS = ("generatorrequest", "providerbid")


def fill(apps, schema_editor):
    for name in MODELS:
        model = apps.get_model("financing", name)
        for pk in model.objects.filter(reference=None).values_list("pk", flat=True):
            model.objects.filter(pk=pk).update(reference=stelltron.core.ids.uuid7())


def field(**more):
    return models.UUIDField(default=stelltron.core.ids.uuid7, editable=False, help_text="in public addresses", **more)


class Migration(migrations.Migration):
    dependencies = [("financing", "0002_staff_permissions")]

    operations = [
        *(migrations.AddField(name, "reference", models.UUIDField(null=True)) for name in MODELS),
        migrations.RunPython(fill, migrations.RunPython.noop),
        *(migrations.AlterField(name, "reference", field(unique=True)) for name in MODELS),
    ]
