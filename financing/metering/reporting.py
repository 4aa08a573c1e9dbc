"""What prepaid meters report: which codes they took, and what they dispensed."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.ledger.clients import generator
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent

from ..calls import call
from ..models import EnergyCode, Generator, PrepaidMeter
from .meter import Answer, Payer, Receipt, Report

logger = logging.getLogger(__name__)
# Of a meter that makes counts up nobody needs to see more.
MOST_UNKNOWN = 100


@transaction.atomic
def take_report(meter: PrepaidMeter, report: Report, now: datetime | None = None) -> Answer:
    """Write a report down; each receipt is carried to the contract, which checks it. Told twice it changes nothing."""
    meter = PrepaidMeter.objects.select_for_update(of=("self",)).select_related("generator__community").get(pk=meter.pk)
    # What is above the last count cannot have been issued, and may be too large a number to ask the database for.
    possible = [count for count in report.used if count <= meter.count]
    codes = list(meter.codes.filter(count__in=possible).select_related("payment"))
    known = {code.count for code in codes}
    meter.seen_count = max([meter.seen_count, *known])
    meter.seen_at = now or datetime.now(UTC)
    meter.save(update_fields=["seen_count", "seen_at"])
    EnergyCode.objects.filter(pk__in=[code.pk for code in codes], used_at=None).update(used_at=meter.seen_at)
    unknown = sorted(set(report.used) - known)
    _keep_unknown(meter, unknown)
    return Answer(
        counts=sorted(known),
        unknown=unknown,
        counter=max((receipt.counter for receipt in report.dispensed), default=0),
        new=sum(_carry(meter, receipt) for receipt in report.dispensed),
        payers=[Payer(code.count, code.payment.payer) for code in codes],
    )


def _carry(meter: PrepaidMeter, said: Receipt) -> bool:
    """Whether it is new."""
    made = meter.generator
    key = f"{made.contract_name}:dispense:{meter.public_key[:16]}:{said.counter}"
    if ChainIntent.objects.filter(key=key).exists():
        return False
    signature = bytes.fromhex(said.signature)
    queue_call(made.community, key, call(made, generator.dispense(said.user, said.quantity, said.counter, signature)))
    return True


def _keep_unknown(meter: PrepaidMeter, unknown: list[int]) -> None:
    """Codes that we never issued: either the meter was tampered with, or our books were. Staff sees them.

    The meter tells them again, once in a while; by then they may be ours (``codes.issue_code``).
    """
    kept = {count for count, _ in meter.unknown_counts}
    new = sorted(set(unknown) - kept)[: MOST_UNKNOWN - len(kept)]
    if not new:
        return
    assert meter.seen_at is not None
    logger.warning("meter %s took codes that were never issued: %s", meter, new)
    meter.unknown_counts += [[count, int(meter.seen_at.timestamp())] for count in new]
    meter.save(update_fields=["unknown_counts"])
    log_action("prepaid_meter.unknown_codes", target=meter.serial, community=meter.generator.community, counts=new)


def unaccounted(meter: PrepaidMeter) -> int:
    """Parts that codes the meter took have unlocked and the contract has not seen dispensed yet, paid or free."""
    used = sum(meter.codes.filter(used_at__isnull=False).values_list("quantity", flat=True))
    made = Generator.objects.only("dispensed", "free").get(pk=meter.generator_id)
    return used - made.dispensed - made.free
