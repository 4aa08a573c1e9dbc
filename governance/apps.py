from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"

    def ready(self) -> None:
        from . import on_chain, parameters  # noqa: F401
        from .grid import licence_api  # noqa: F401

        on_chain.listen()
