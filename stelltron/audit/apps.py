from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "stelltron.audit"
    label = "audit"
