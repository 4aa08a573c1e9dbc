from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "market"

    def ready(self) -> None:
        # Whoever asks for all parameters finds every one of the market's.
        from . import on_chain, parameters  # noqa: F401
        from .price import price_parameters  # noqa: F401
        from .stored import lock_events

        on_chain.listen()
        lock_events.listen()
