import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("financing", "0017_known_future_sales"),
        ("ledger", "0012_reserves_for_staff"),
        ("members", "0009_bank_notices"),
    ]

    operations = [
        migrations.CreateModel(
            name="AutoClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sent_at", models.DateTimeField()),
                (
                    "intent",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.chainintent"
                    ),
                ),
                (
                    "stake",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="auto_claims", to="financing.stake"
                    ),
                ),
            ],
            options={
                "verbose_name": "claim by itself",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AutoPayout",
            fields=[
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="auto_payout",
                        serialize=False,
                        to="members.member",
                    ),
                ),
                ("least", models.BigIntegerField(help_text="stroops of one generator")),
                ("set_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "payout by itself",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("least__gt", 0)), name="a_payout_is_of_something")
                ],
            },
        ),
    ]
