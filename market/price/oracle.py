"""Puts the dynamic price on the chain: each quote signed by the oracle's key, for the price oracle contract.

The contract keeps one price a slot for everybody on its network: it is the oldest community's.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from stellar_sdk import Address

from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.core.units import LARGEST_PRICE
from stelltron.ledger import contracts
from stelltron.ledger.clients import price_oracle
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent

from ..models import PriceQuote

DOMAIN = b"stelltron quote 1"
# The contract takes quotes from eight days back to seven ahead; an hour of it is for the way there.
OLDEST, LATEST = timedelta(days=8) - timedelta(hours=1), timedelta(days=7) - timedelta(hours=1)


def signed_message(contract: str, quote: price_oracle.Quote) -> bytes:
    """What the oracle signs, as the contract puts it together."""
    numbers = b"".join(number.to_bytes(4, "big") for number in (quote.from_, quote.until, quote.price))
    return DOMAIN + Address(contract).to_xdr_sc_val().to_xdr_bytes() + numbers


def post(quote: PriceQuote) -> ChainIntent | None:
    """Ask for the quote to be posted; None where the contract would not take it, or there is none."""
    if not _is_posted(quote):
        return None
    community = quote.community
    begins = slots.to_chain(quote.slot)
    asked = price_oracle.Quote(from_=begins, until=begins + community.slot_minutes, price=quote.price)
    signature = settings.STELLAR.oracle.sign(signed_message(contracts.address("price_oracle"), asked))
    return queue_call(community, _key(quote), price_oracle.post_quote(asked, signature))


def posted(quote: PriceQuote) -> ChainIntent | None:
    """The intent that takes the quote to the chain; its transaction is the proof."""
    return ChainIntent.objects.filter(key=_key(quote)).first()


def _is_posted(quote: PriceQuote) -> bool:
    now = datetime.now(UTC)
    oldest = Community.objects.order_by("pk").values_list("pk", flat=True).first()
    return (
        quote.community_id == oldest
        and now - OLDEST <= quote.slot <= now + LATEST
        and 0 < quote.price <= LARGEST_PRICE
        and contracts.is_deployed("price_oracle")
    )


def _key(quote: PriceQuote) -> str:
    return f"quote:{quote.community_id}:{slots.to_chain(quote.slot)}"
