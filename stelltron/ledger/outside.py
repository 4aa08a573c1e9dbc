"""What members' own wallets sent themselves, without handing it to us: matched to the intent that waits for it."""

from __future__ import annotations

from stellar_sdk import Address, InvokeHostFunction, TransactionEnvelope, xdr

from stelltron.members.models import Wallet

from . import contracts
from .gateway import Gateway, call_operation
from .models import ChainEvent, ChainIntent, ChainTransaction


def recognise(event: ChainEvent, gateway: Gateway) -> ChainTransaction | None:
    """The event's transaction as a row, where it did just what a member signed for us and we still wait for."""
    for intent in _waiting(event):
        call = intent.payload
        asked = call_operation(
            contracts.address(call["contract"]),
            call["function"],
            [xdr.SCVal.from_xdr(argument) for argument in call["args"]],
        )
        sent = gateway.envelope(event.transaction_hash)
        if sent and _does(sent, intent.wallet.address, asked):
            row = keep(event, intent.wallet)
            ChainIntent.objects.filter(pk=intent.pk, state=ChainIntent.State.SENT).update(transaction=row)
            return row
    return None


def keep(event: ChainEvent, wallet: Wallet) -> ChainTransaction:
    """A transaction that is in already: there is nothing to send, and nothing to follow up."""
    row, _ = ChainTransaction.objects.get_or_create(
        hash=event.transaction_hash,
        defaults={
            "source": wallet.address,
            "envelope": "",
            "max_time": 0,
            "state": ChainTransaction.State.SUCCEEDED,
            "ledger": event.ledger,
        },
    )
    return row


def arguments(event: ChainEvent, function: str, gateway: Gateway) -> list[xdr.SCVal]:
    """What the event's contract was called with, where its transaction is that call. Raises ValueError otherwise."""
    sent = gateway.envelope(event.transaction_hash)
    operation = sent.transaction.operations[0] if sent else None
    called = operation.host_function.invoke_contract if isinstance(operation, InvokeHostFunction) else None
    if called is None or called.function_name.sc_symbol != function.encode():
        raise ValueError(f"{event.transaction_hash} is no call of {function}")
    if Address.from_xdr_sc_address(called.contract_address).address != event.contract:
        raise ValueError(f"{event.transaction_hash} calls another contract")
    return list(called.args)


def _waiting(event: ChainEvent) -> list[ChainIntent]:
    topics = [topic for topic in event.data["topics"] if isinstance(topic, str)]
    rows = ChainIntent.objects.filter(
        kind=ChainIntent.Kind.CALL,
        state=ChainIntent.State.SENT,
        wallet__kind=Wallet.Kind.EXTERNAL,
        wallet__address__in=topics,
    )
    return list(rows.select_related("wallet").order_by("id"))


def _does(sent: TransactionEnvelope, address: str, asked: InvokeHostFunction) -> bool:
    operations = sent.transaction.operations
    first = operations[0] if len(operations) == 1 else None
    return (
        sent.transaction.source.account_id == address
        and isinstance(first, InvokeHostFunction)
        and first.host_function.to_xdr() == asked.host_function.to_xdr()
    )
