"""Numbers with units, money with its currency, moments with their zone."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from stellar_sdk import Network

from financing.reports.generator_statement import quantity as generator_quantity
from market.price.pricing import ONE
from stelltron.core import units
from stelltron.members.models import Member
from stelltron.members.notices import unread

register = template.Library()
CENT = units.STROOPS // 100
EXPLORERS = {Network.TESTNET_NETWORK_PASSPHRASE: "testnet", Network.PUBLIC_NETWORK_PASSPHRASE: "public"}


@register.filter
def kwh(wh: int | None) -> str:
    return "–" if wh is None else units.kwh(wh)


@register.filter
def mwh_as_kwh(mwh: int | None) -> str:
    """A register, kept in thousandths of a Wh, as kWh."""
    return "–" if mwh is None else units.kwh(mwh // units.MWH_PER_WH)


@register.filter
def money(stroops: int | None) -> str:
    """Two decimals, with a real minus sign; less than a cent in full, so that it never looks like nothing."""
    if stroops is None:
        return "–"
    if 0 < abs(stroops) < CENT:
        return exact(stroops)
    return ("−" if stroops < 0 else "") + units.money(abs(stroops))


@register.filter
def paid(stroops: int) -> str:
    """What the member gave, as a negative amount."""
    return money(-stroops)


@register.filter
def exact(stroops: int | None) -> str:
    """Every decimal that is there, at least two."""
    if stroops is None:
        return "–"
    whole, _, decimals = units.money(abs(stroops), 7).partition(".")
    return f"{'−' if stroops < 0 else ''}{whole}.{decimals.rstrip('0').ljust(2, '0')}"


@register.filter
def percent(basis_points: int | None) -> str:
    return "–" if basis_points is None else f"{basis_points / 100:.1f} %".replace("-", "−")


@register.filter
def share(units: int) -> str:
    """Units of a generator, of which there are 10,000."""
    return f"{units / 100:.2f} %"


@register.filter
def kilograms(milligrams: int) -> str:
    return f"{milligrams / 1_000_000:,.1f} kg"


@register.filter
def quantity(amount: int, parts: int) -> str:
    """Parts of a measure as the measure."""
    return generator_quantity(amount, parts)


@register.filter
def people(shared: int) -> str:
    """People times units, of which there are 10,000."""
    return f"{shared / 10_000:,.1f}"


@register.filter
def years(tenths: int | None) -> str:
    return "never" if tenths is None else f"{tenths / 10:.1f} years"


@register.filter
def factor(billionths: int) -> str:
    """A factor of the dynamic price, cut to four decimals."""
    return f"{billionths // ONE}.{billionths % ONE // 100_000:04}"


@register.filter
def power(watts: int) -> str:
    size = abs(watts)
    return f"{size} W" if size < 1000 else f"{size / 1000:.2f} kW"


@register.filter
def direction(watts: int) -> str:
    return "feeding in" if watts > 0 else "drawing" if watts < 0 else "balanced"


@register.filter
def lasting(seconds: int) -> str:
    """A time that rules give, in its largest whole unit."""
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {name}{'' if seconds == size else 's'}"
    return f"{seconds} seconds" if seconds else "no time"


@register.filter
def short(text: str) -> str:
    """A hash or an address, recognisable."""
    return text if len(text) <= 12 else f"{text[:6]}…{text[-4:]}"


@register.simple_tag
def moment(at: datetime | None, show: str = "moment", live: str = "") -> SafeString | str:
    """A <time> the front end writes in the reader's zone; without it, the co-op's zone stands."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    text = f"{local.day} {local:%b, %H:%M}" if show == "brief" else f"{local.day} {local:%b %Y, %H:%M}"
    return format_html(
        '<time datetime="{}" data-show="{}" data-live="{}" title="{} {}">{}</time>',
        at.isoformat(),
        show,
        live,
        local.strftime("%Y-%m-%d %H:%M:%S"),
        timezone.get_current_timezone_name(),
        text,
    )


@register.simple_tag
def transaction_link(transaction_hash: str) -> SafeString:
    """The hash in short; on public networks a link to an explorer."""
    network = EXPLORERS.get(settings.STELLAR.passphrase)
    if network is None:
        return format_html('<code title="{}">{}</code>', transaction_hash, short(transaction_hash))
    return format_html(
        '<a href="https://stellar.expert/explorer/{}/tx/{}" rel="noreferrer"><code title="{}">{}</code></a>',
        network,
        transaction_hash,
        transaction_hash,
        short(transaction_hash),
    )


@register.simple_tag
def unread_notices(member: Member) -> int:
    return unread(member)
