from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "stelltron.members"
    label = "members"
