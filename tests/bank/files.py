"""Statements as banks write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

OWN = "DE89370400440532013000"
SARAH, MIKE, STRANGER = "NL91ABNA0417164300", "GB29NWBK60161331926819", "FR1420041010050500013M02606"
DAY = date(2026, 6, 2)


@dataclass(frozen=True)
class Move:
    """``cents`` above zero came in."""

    cents: int
    key: str = ""
    name: str = "Somebody"
    iban: str = STRANGER
    text: str = ""
    end_to_end: str = ""
    reversal: bool = False
    # The bank's code for why it returns a payment.
    returned: str = ""


def camt(
    number: str,
    opening: int,
    moves: list[Move],
    *,
    closing: int | None = None,
    day: date = DAY,
    iban: str = OWN,
    currency: str = "USD",
) -> bytes:
    """A CAMT.053 of one statement; amounts in cents."""
    end = opening + sum(move.cents for move in moves) if closing is None else closing
    entries = "".join(_entry(move, day, currency) for move in moves)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>m-{number}</MsgId></GrpHdr>
<Stmt><Id>{number}</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
{_balance("OPBD", opening, day, currency)}{_balance("CLBD", end, day, currency)}{entries}</Stmt></BkToCstmrStmt></Document>""".encode()


def _balance(kind: str, cents: int, day: date, currency: str) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{_amount(cents, currency)}<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _amount(cents: int, currency: str) -> str:
    side = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="{currency}">{abs(cents) // 100}.{abs(cents) % 100:02}</Amt><CdtDbtInd>{side}</CdtDbtInd>'


def _entry(move: Move, day: date, currency: str) -> str:
    other = "Dbtr" if move.cents > 0 else "Cdtr"
    key = f"<AcctSvcrRef>{move.key}</AcctSvcrRef>" if move.key else ""
    reversal = "<RvslInd>true</RvslInd>" if move.reversal else ""
    returned = f"<RtrInf><Rsn><Cd>{move.returned}</Cd></Rsn></RtrInf>" if move.returned else ""
    named = f"<Refs><EndToEndId>{move.end_to_end}</EndToEndId></Refs>" if move.end_to_end else ""
    return (
        f"<Ntry>{_amount(move.cents, currency)}{reversal}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt>{key}"
        f"<NtryDtls><TxDtls>{named}<RltdPties><{other}><Pty><Nm>{escape(move.name)}</Nm></Pty></{other}>"
        f"<{other}Acct><Id><IBAN>{move.iban}</IBAN></Id></{other}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{escape(move.text)}</Ustrd></RmtInf>{returned}</TxDtls></NtryDtls></Ntry>"
    )
