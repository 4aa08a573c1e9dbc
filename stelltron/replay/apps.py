from django.apps import AppConfig


class ReplayConfig(AppConfig):
    name = "stelltron.replay"
    label = "replay"
