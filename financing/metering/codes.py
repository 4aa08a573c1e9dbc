"""Energy by code: what a payment buys becomes nine digits for the meter, sent by SMS."""

from __future__ import annotations

import logging
import secrets
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.module_loading import import_string

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.models import User
from stelltron.members.secrets import encrypt
from stelltron.members.sms import SmsBackend

from ..models import EnergyCode, Generator, Payment, PrepaidMeter
from ..telling import tell
from . import openpaygo

logger = logging.getLogger(__name__)
# Parts of the measure in one value of a code: 100 Wh. The largest code carries 99.5 kWh.
QUANTUM = 100
LARGEST_CODE = openpaygo.LARGEST_VALUE


@transaction.atomic
def register_meter(
    made: Generator, serial: str, public_key: bytes, *, actor: User | None, reason: str
) -> tuple[PrepaidMeter, bytes]:
    """The meter that will stand at the generator, and the key of its codes, shown once. Raises Refused."""
    if PrepaidMeter.objects.filter(generator=made).exists() or PrepaidMeter.objects.filter(serial=serial).exists():
        raise Refused("meter_exists", f"{made} has its meter already, or {serial} stands elsewhere")
    key = secrets.token_bytes(openpaygo.KEY_BYTES)
    meter = PrepaidMeter.objects.create(
        generator=made,
        serial=serial,
        public_key=public_key.hex(),
        secret=encrypt(key),
        starting_code=100_000_000 + secrets.randbelow(900_000_000),
    )
    # What was paid before there was a meter.
    for payment in made.payments.filter(state=Payment.State.PAID, quantity__gt=0, codes=None).order_by("pk"):
        issue_code(payment)
    log_action("prepaid_meter.register", actor=actor, target=serial, reason=reason, community=made.community)
    meter.refresh_from_db()
    return meter, key


@transaction.atomic
def exchange_meter(
    meter: PrepaidMeter, serial: str, public_key: bytes, *, actor: User | None, reason: str
) -> tuple[PrepaidMeter, bytes]:
    """The meter with the key that the contract has bound anew; codes the old one has not reported are made again.

    Raises Refused.
    """
    meter = PrepaidMeter.objects.select_for_update(of=("self",)).select_related("generator__community").get(pk=meter.pk)
    made = meter.generator
    if public_key.hex() != made.device_key or meter.public_key == made.device_key:
        raise Refused(
            "device_not_bound", "first replace the device on the chain, then register its meter with that key"
        )
    if PrepaidMeter.objects.exclude(pk=meter.pk).filter(serial=serial).exists():
        raise Refused("meter_exists", f"{serial} stands elsewhere: look at its number again")
    unused = Payment.objects.filter(codes__meter=meter).exclude(codes__used_at__isnull=False).distinct().order_by("pk")
    key = secrets.token_bytes(openpaygo.KEY_BYTES)
    meter.serial, meter.public_key, meter.secret = serial, public_key.hex(), encrypt(key)
    meter.starting_code = 100_000_000 + secrets.randbelow(900_000_000)
    # Counts go on; the new meter begins at this one.
    meter.seen_count, meter.seen_at = meter.count, None
    # The new one has taken none.
    meter.unknown_counts = []
    meter.save()
    # Whatever of these was typed in at the old meter and never reported is given twice, rather than lost.
    for payment in unused:
        issue_code(payment)
    log_action("prepaid_meter.exchange", actor=actor, target=serial, reason=reason, community=made.community)
    meter.refresh_from_db()
    return meter, key


def issue_code(payment: Payment) -> EnergyCode | None:
    """The code for a purchase that the chain has confirmed; None where no meter takes one."""
    meter = PrepaidMeter.objects.select_for_update().filter(generator=payment.generator_id).first()
    if meter is None or not payment.quantity:
        return None
    if payment.quantity % QUANTUM or payment.quantity > LARGEST_CODE * QUANTUM:
        # Paid past us in an amount that no code carries: the credit stays on the chain.
        return None
    last, taken_at = _free_count(meter, payment)
    code, count = openpaygo.issue(meter.code_key(), meter.starting_code, last, payment.quantity // QUANTUM)
    unknown = [[other, at] for other, at in meter.unknown_counts if other != count]
    PrepaidMeter.objects.filter(pk=meter.pk).update(count=count, unknown_counts=unknown)
    issued = EnergyCode.objects.create(
        meter=meter,
        payment=payment,
        count=count,
        quantity=payment.quantity,
        code=code,
        issued_at=datetime.now(UTC),
        used_at=taken_at,
    )
    if not taken_at:
        tell(payment.member, f"code:{issued.pk}", text_of(issued))
    return issued


def _free_count(meter: PrepaidMeter, payment: Payment) -> tuple[int, datetime | None]:
    """After which count to issue; with the time the meter told us that it had taken that very code already.

    A count that the meter took before anybody paid for it was guessed: who pays now could not use it, and another is
    issued. One it took after the payment is the payer's own code, which was issued before and lost to our books.
    """
    unknown = {count: datetime.fromtimestamp(at, UTC) for count, at in meter.unknown_counts}
    last = meter.count
    while (told_at := unknown.get(openpaygo.following(last))) is not None:
        if payment.at < told_at and not payment.codes.exists():
            return last, told_at
        last = openpaygo.following(last)
    return last, None


@transaction.atomic
def issue_again(code: EnergyCode, *, actor: User | None, reason: str = "") -> EnergyCode:
    """Another code for one that the meter has passed without taking it. Raises Refused.

    The old one unlocks nothing any more: the meter takes no count so far behind the highest one it has used, and had it
    taken this one before, it would have told us before it told us of the highest. A count that the meter took without
    our knowing needs no other code: none is issued with it.
    """
    meter = PrepaidMeter.objects.select_for_update().get(pk=code.meter_id)
    code = meter.codes.select_related("payment__generator__community").get(pk=code.pk)
    if code.used_at:
        raise Refused("code_used", "the meter has taken this code: its energy was unlocked")
    if code.payment.codes.filter(count__gt=code.count).exists():
        raise Refused("code_issued_again", "another code was issued in place of this one: type that one in")
    if not openpaygo.is_overtaken(code.count, meter.seen_count):
        raise Refused("code_still_good", "the meter takes this code still, as far as it has told: type it in there")
    fresh = issue_code(code.payment)
    assert fresh is not None
    made = code.payment.generator
    log_action("energy_code.again", actor=actor, target=code, reason=reason, community=made.community, to=fresh.count)
    return fresh


def overtaken(made: Generator) -> QuerySet[EnergyCode]:
    """Codes that ``issue_again`` takes."""
    later = EnergyCode.objects.filter(payment=OuterRef("payment"), count__gt=OuterRef("count"))
    passed = EnergyCode.objects.filter(
        meter=made.pk, used_at=None, count__lte=F("meter__seen_count") - openpaygo.BEHIND
    )
    return passed.exclude(Exists(later)).select_related("payment")


def text_of(code: EnergyCode) -> str:
    """What the SMS says: digits in threes, and which meter takes them."""
    request = code.payment.generator.offering.request
    quantity = f"{code.quantity / request.parts:g} {request.measure}"
    return f"{quantity} for meter {code.meter}: {code.code[:3]} {code.code[3:6]} {code.code[6:]}"


def text_codes() -> int:
    """Send what has not been sent, to the numbers given with the payments. Returns how many."""
    backend = import_string(settings.SMS_BACKEND)()
    waiting = EnergyCode.objects.filter(texted_at=None, used_at=None, payment__phone__gt="")
    return sum(_text(code, backend) for code in waiting.values_list("pk", flat=True))


@transaction.atomic
def _text(pk: int, backend: SmsBackend) -> bool:
    code = (
        EnergyCode.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("meter", "payment__generator__offering__request")
        .filter(pk=pk, texted_at=None, used_at=None)
        .first()
    )
    if code is None:
        return False
    try:
        backend.send(code.payment.phone, text_of(code))
    except OSError as problem:
        logger.warning("no SMS with code %d: %s", code.pk, problem)
        return False
    EnergyCode.objects.filter(pk=code.pk).update(texted_at=datetime.now(UTC))
    return True
