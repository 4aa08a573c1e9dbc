from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "stelltron.core"
    label = "core"
    verbose_name = "Community"
