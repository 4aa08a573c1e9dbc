"""CAMT.053, the statement of ISO 20022, in any of its versions."""

from __future__ import annotations

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .formats import Line, Statement, amount, bad, day, identified
from .mod97 import compact

OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
BOOKED = "BOOK"


def read(content: bytes) -> list[Statement]:
    """Every statement of the file. Raises Refused."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise bad("this is not a well-formed XML file") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    found = root.findall("BkToCstmrStmt/Stmt")
    if not found:
        raise bad("this XML file has no statement in it: it must be a CAMT.053")
    return [_statement(one) for one in found]


def _statement(element: Element) -> Statement:
    account = compact(_text(element, "Acct/Id/IBAN"))
    number = _text(element, "Id")
    if not number or not account:
        raise bad("a statement of the file has no id or no IBAN")
    opening, closing = _balance(element, OPENING), _balance(element, CLOSING)
    currencies = {found.get("Ccy", "") for found in element.iter("Amt") if found.get("Ccy")}
    own = _text(element, "Acct/Ccy") or (opening[2])
    if {opening[2], closing[2]} != {own}:
        raise bad(f"the statement {number} mixes currencies: {', '.join(sorted(currencies))}")
    lines = [line for entry in element.findall("Ntry") for line in _entry(entry, own)]
    return Statement(
        account=account,
        number=number[:60],
        currency=own,
        begins=day(_text(element, "FrToDt/FrDtTm") or opening[1]),
        ends=day(closing[1]),
        opening=opening[0],
        closing=closing[0],
        lines=identified(lines),
    )


def _balance(element: Element, kinds: tuple[str, ...]) -> tuple[int, str, str]:
    """Stroops, date and currency."""
    for kind in kinds:
        for balance in element.findall("Bal"):
            if _text(balance, "Tp/CdOrPrtry/Cd") == kind:
                value = balance.find("Amt")
                on = _text(balance, "Dt/Dt") or _text(balance, "Dt/DtTm")
                return _signed(balance), on, (value.get("Ccy", "") if value is not None else "")
    raise bad(f"a statement of the file has no {'opening' if kinds == OPENING else 'closing'} balance")


def _entry(entry: Element, currency: str) -> list[Line]:
    """An entry, or its parts where the bank booked several payments together."""
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status and status != BOOKED:
        return []
    value = entry.find("Amt")
    if value is None or value.get("Ccy", currency) != currency:
        raise bad("an entry is in another currency than its account")
    whole, on = _signed(entry), day(_text(entry, "BookgDt/Dt") or _text(entry, "BookgDt/DtTm"))
    if whole == 0:
        return []
    reference = _text(entry, "AcctSvcrRef")
    reversal = _text(entry, "RvslInd") == "true"
    details = entry.findall("NtryDtls/TxDtls")
    parts = [_part(detail) for detail in details]
    sign = 1 if whole > 0 else -1
    if len(details) > 1 and sum(parts) == abs(whole) and all(parts):
        return [
            _line(detail, f"{reference}/{number}" if reference else "", on, sign * part, reversal)
            for number, (detail, part) in enumerate(zip(details, parts, strict=True), 1)
        ]
    if len(details) > 1:
        # A batch that does not add up is nobody's until staff look at it.
        return [_line(entry, reference, on, whole, reversal, entry)]
    return [_line(details[0] if details else entry, reference, on, whole, reversal, entry)]


def _part(detail: Element) -> int:
    text = _text(detail, "Amt") or _text(detail, "AmtDtls/TxAmt/Amt")
    return amount(text) if text else 0


def _line(detail: Element, key: str, on: object, stroops: int, reversal: bool, entry: Element | None = None) -> Line:
    other = "Dbtr" if stroops > 0 else "Cdtr"
    parties = detail.find("RltdPties")
    name = iban = ""
    if parties is not None:
        name = _text(parties, f"{other}/Nm") or _text(parties, f"{other}/Pty/Nm")
        iban = _text(parties, f"{other}Acct/Id/IBAN")
    said = [
        found.text or "" for path in ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref") for found in detail.findall(path)
    ]
    if entry is not None and not said:
        said = [_text(entry, "AddtlNtryInf")]
    return Line(
        key=key[:80],
        booked_on=on,  # type: ignore[arg-type]
        stroops=stroops,
        name=name[:140],
        iban=compact(iban)[:34],
        text=" ".join(part.strip() for part in said if part.strip())[:500],
        end_to_end=_text(detail, "Refs/EndToEndId")[:35],
        is_reversal=reversal or detail.find("RtrInf") is not None,
    )


def _signed(element: Element) -> int:
    value = amount(_text(element, "Amt"))
    kind = _text(element, "CdtDbtInd")
    if value < 0 or kind not in ("CRDT", "DBIT"):
        raise bad("an amount is neither a credit nor a debit")
    return value if kind == "CRDT" else -value


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
