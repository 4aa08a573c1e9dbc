from django.apps import AppConfig


class BankConfig(AppConfig):
    name = "stelltron.bank"
    label = "bank"

    def ready(self) -> None:
        from . import on_chain

        on_chain.listen()
