from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market"

    def ready(self) -> None:
        from . import on_chain
        from .stored import lock_events

        on_chain.listen()
        lock_events.listen()
