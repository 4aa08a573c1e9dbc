from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = ("core", "members", "ledger", "devices", "market")
MARKET_SETTINGS = ("market.add_tariff", "core.add_parameterversion", "core.change_community")
ROLES = {
    "Co-op staff": {
        "view": APPS,
        "also": (
            "members.add_member",
            "members.change_member",
            "devices.add_device",
            "devices.change_device",
            "devices.change_meteringpoint",
            *MARKET_SETTINGS,
        ),
    },
    "Treasury": {
        "view": ("ledger",),
        "also": (
            "core.view_community",
            "core.view_heartbeat",
            "members.view_member",
            "members.view_wallet",
            "ledger.add_paymentproposal",
            "ledger.change_paymentproposal",
            "ledger.change_chainintent",
        ),
    },
    "Device technician": {
        "view": ("devices",),
        "also": (
            "core.view_community",
            "core.view_heartbeat",
            "members.view_member",
            "devices.add_device",
            "devices.change_device",
            "devices.change_meteringpoint",
        ),
    },
}
# Users, roles and sign-in challenges are the administrator's alone.
NOT_SHOWN = ("view_user", "view_spentchallenge")


def make_permissions(apps):
    """They usually appear after all migrations; roles need them now."""
    for label in APPS:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None


def grant(apps, schema_editor):
    make_permissions(apps)
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name, role in ROLES.items():
        seen = permission.objects.filter(content_type__app_label__in=role["view"], codename__startswith="view_")
        granted = list(seen.exclude(codename__in=NOT_SHOWN))
        for also in role["also"]:
            label, codename = also.split(".")
            granted.append(permission.objects.get(content_type__app_label=label, codename=codename))
        group.objects.get(name=name).permissions.add(*granted)


def revoke(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        group.permissions.clear()


class Migration(migrations.Migration):
    dependencies = [
        ("market", "0003_order_arrival"),
        ("ledger", "0004_payment_proposals"),
        ("devices", "0003_partition_telemetry"),
        ("members", "0002_staff_roles"),
        ("core", "0002_relations"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, revoke)]
