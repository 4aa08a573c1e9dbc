from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "stelltron.portal"
    label = "portal"
