import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("financing", "0020_free_energy"),
        ("ledger", "0012_reserves_for_staff"),
    ]

    operations = [
        migrations.AddField(
            model_name="pledge",
            name="back_intent",
            field=models.OneToOneField(
                blank=True,
                help_text="takes it back",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.chainintent",
            ),
        ),
        migrations.AlterField(
            model_name="pledge",
            name="state",
            field=models.CharField(
                choices=[
                    ("SENT", "on its way"),
                    ("FUNDED", "funded"),
                    ("FAILED", "refused by the contract"),
                    ("BACK", "being taken back"),
                    ("TAKEN", "taken back"),
                ],
                default="SENT",
                max_length=6,
            ),
        ),
    ]
