"""Payment files for the bank: prepared by one person, released by another, then exported as pain.001 or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import STROOPS, money
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import User

from . import policy
from .models import BankAccount, Case, PaymentFile, Payout

State = PaymentFile.State
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
MOST_PAYMENTS = 500


@transaction.atomic
def prepare(account: BankAccount, *, actor: User, reason: str) -> PaymentFile:
    """Put everything that is ready into one file. Raises Refused."""
    require_treasury(actor)
    ready = list(
        Payout.objects.select_for_update()
        .filter(account=account, state=Payout.State.READY)
        .order_by("pk")[:MOST_PAYMENTS]
    )
    ready = [payout for payout in ready if not _is_stopped(payout)]
    if not ready:
        raise Refused("nothing_ready", "no payment of this account is ready to be sent, or its member is stopped")
    file = PaymentFile.objects.create(account=account, prepared_by=actor)
    for payout in ready:
        change_state(payout, Payout.TRANSITIONS, Payout.State.FILED, file=file)
    _log("payments.prepare", file, actor, reason)
    return file


@transaction.atomic
def release(file: PaymentFile, *, actor: User, reason: str) -> None:
    """The second person agrees: the file may go to the bank. Raises Refused."""
    require_treasury(actor)
    if actor.pk == file.prepared_by_id:
        raise Refused("second_person_needed", "you prepared this file: somebody else has to release it")
    stopped = next((payout for payout in file.payouts.select_related("member") if _is_stopped(payout)), None)
    if stopped:
        raise Refused(
            "stopped", f"a deposit of {stopped.member} was taken back since: take the file apart and prepare it anew"
        )
    now = datetime.now(UTC)
    change_state(file, PaymentFile.TRANSITIONS, State.RELEASED, released_by=actor, released_at=now)
    for payout in file.payouts.all():
        change_state(payout, Payout.TRANSITIONS, Payout.State.SENT, sent_at=now)
    _log("payments.release", file, actor, reason)


@transaction.atomic
def dissolve(file: PaymentFile, *, actor: User, reason: str) -> None:
    """Take a file apart that was not released; its payments are ready again. Raises Refused."""
    require_treasury(actor)
    change_state(file, PaymentFile.TRANSITIONS, State.DISSOLVED)
    for payout in file.payouts.all():
        change_state(payout, Payout.TRANSITIONS, Payout.State.READY, file=None)
    _log("payments.dissolve", file, actor, reason)


def pain001(file: PaymentFile) -> bytes:
    """A customer credit transfer of ISO 20022, the same each time. Raises Refused before the release."""
    payouts = _released(file)
    account, total = file.account, _cents(payouts)
    currency = account.community.currency
    root = Element("Document", {"xmlns": NAMESPACE})
    order = SubElement(root, "CstmrCdtTrfInitn")
    header = SubElement(order, "GrpHdr")
    _add(header, "MsgId", f"ST-{file.pk}")
    _add(header, "CreDtTm", _released_at(file).strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", str(len(payouts)))
    _add(header, "CtrlSum", total)
    _add(header, "InitgPty/Nm", account.holder)
    payment = SubElement(order, "PmtInf")
    _add(payment, "PmtInfId", f"ST-{file.pk}-1")
    _add(payment, "PmtMtd", "TRF")
    _add(payment, "NbOfTxs", str(len(payouts)))
    _add(payment, "CtrlSum", total)
    _add(payment, "ReqdExctnDt/Dt", _released_at(file).date().isoformat())
    _add(payment, "Dbtr/Nm", account.holder)
    _add(payment, "DbtrAcct/Id/IBAN", account.iban)
    _add(
        payment,
        *(("DbtrAgt/FinInstnId/BICFI", account.bic) if account.bic else ("DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")),
    )
    for payout in payouts:
        one = SubElement(payment, "CdtTrfTxInf")
        _add(one, "PmtId/EndToEndId", payout.reference)
        SubElement(SubElement(one, "Amt"), "InstdAmt", {"Ccy": currency}).text = _cents([payout])
        _add(one, "Cdtr/Nm", payout.name)
        _add(one, "CdtrAcct/Id/IBAN", payout.iban)
        _add(one, "RmtInf/Ustrd", payout.reference)
    indent(root)
    return tostring(root, encoding="utf-8", xml_declaration=True)


def as_csv(file: PaymentFile) -> bytes:
    """The same for banks without pain.001. Raises Refused before the release."""
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(["name", "iban", "amount", "currency", "reference"])
    for payout in _released(file):
        # A spreadsheet must not take a name for a formula.
        name = f"'{payout.name}" if payout.name[:1] in "=+-@" else payout.name
        rows.writerow([name, payout.iban, _cents([payout]), file.account.community.currency, payout.reference])
    return written.getvalue().encode()


def total(file: PaymentFile) -> int:
    return sum(file.payouts.values_list("stroops", flat=True))


def _is_stopped(payout: Payout) -> bool:
    """A withdrawal with a case of its own, or whose member's deposit was taken back, waits until that is closed."""
    if payout.kind != Payout.Kind.WITHDRAWAL or payout.member is None:
        return False
    return policy.has_open_chargeback(payout.member) or payout.cases.filter(state=Case.State.OPEN).exists()


def _released(file: PaymentFile) -> list[Payout]:
    if file.state != State.RELEASED:
        raise Refused("not_released", "a second person has to release the payments before they can be exported")
    # What came back or was refused is not sent again with the same file.
    return list(file.payouts.exclude(state=Payout.State.BOUNCED).order_by("pk"))


def _released_at(file: PaymentFile) -> datetime:
    assert file.released_at is not None
    return file.released_at


def _cents(payouts: Iterable[Payout]) -> str:
    cents, rest = divmod(sum(payout.stroops for payout in payouts), STROOPS // 100)
    assert rest == 0, "a bank pays whole cents"
    return f"{cents // 100}.{cents % 100:02}"


def _add(parent: Element, path: str, text: str) -> None:
    for name in path.split("/"):
        parent = SubElement(parent, name)
    parent.text = text


def _log(action: str, file: PaymentFile, actor: User, reason: str) -> None:
    log_action(
        action,
        actor=actor,
        target=str(file),
        reason=reason,
        community=file.account.community,
        payments=file.payouts.count(),
        total=money(total(file)),
    )
