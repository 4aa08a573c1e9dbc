from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "stelltron.ledger"
    label = "ledger"
