from django.apps import AppConfig


class RegisterConfig(AppConfig):
    name = "stelltron.register"
    label = "register"

    def ready(self) -> None:
        from . import parameters  # noqa: F401  they declare themselves
