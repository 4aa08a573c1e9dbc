from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "stelltron.audit"
    label = "audit"

    def ready(self) -> None:
        from . import matters

        matters.listen()
