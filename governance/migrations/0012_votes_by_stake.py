from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("governance", "0011_kind_of_the_house_itself")]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="by_stake",
            field=models.BooleanField(
                default=False, help_text="votes weigh the GRID at stake, and are counted in stroops of it"
            ),
        ),
    ]
