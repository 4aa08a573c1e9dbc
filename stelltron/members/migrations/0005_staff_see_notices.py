from django.db import migrations

from stelltron.members.roles import grant, revoke

ROLE = "Co-op staff"
PERMISSIONS = ("members.view_notice", "members.view_noticechoice")


class Migration(migrations.Migration):
    dependencies = [("members", "0004_notices")]

    operations = [
        migrations.RunPython(
            lambda apps, editor: grant(apps, ROLE, PERMISSIONS), lambda apps, editor: revoke(apps, ROLE, PERMISSIONS)
        )
    ]
