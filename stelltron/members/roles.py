"""For migrations: what the staff roles may do with new models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.management import create_permissions


def grant(apps: Any, role: str, permissions: Iterable[str]) -> None:
    """Give ``role`` permissions such as ``market.add_tariff``, which may be as new as this migration."""
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    wanted = [name.split(".") for name in permissions]
    for label in {label for label, _ in wanted}:
        config = apps.get_app_config(label)
        # They usually appear after all migrations; roles need them now.
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    found = [permission.objects.get(content_type__app_label=label, codename=code) for label, code in wanted]
    group.objects.get(name=role).permissions.add(*found)


def revoke(apps: Any, role: str, permissions: Iterable[str]) -> None:
    group, permission = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    for name in permissions:
        label, code = name.split(".")
        group.objects.get(name=role).permissions.remove(
            *permission.objects.filter(content_type__app_label=label, codename=code)
        )
