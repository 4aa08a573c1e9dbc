from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0010_notices_of_announcements")]

    operations = [
        migrations.AddField(
            model_name="wallet",
            name="given_up",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="addresses it had before: nobody gets them again, they are off the allowlist",
            ),
        ),
    ]
