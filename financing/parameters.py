"""The business parameters of financing."""

from stelltron.core.parameters import declare
from stelltron.members.models import Member

from .models.requests import UNITS

BID_DAYS = declare(
    "financing.bid_days", unit="days", default=7, lowest=1, highest=90, help="how long a request takes bids"
)
DECIDE_DAYS = declare(
    "financing.decide_days",
    unit="days",
    default=14,
    lowest=1,
    highest=90,
    help="how long the requester then has to accept one of them",
)
FUNDING_DAYS = declare(
    "financing.funding_days", unit="days", default=30, lowest=1, highest=365, help="how long an offering is funded"
)
SMALLEST_STAKE = declare(
    "financing.smallest_stake", unit="units", default=10, lowest=1, highest=UNITS, help="of 10,000; of new offerings"
)
LARGEST_STAKE = {
    kind: declare(
        f"financing.largest_stake_{kind.lower()}",
        unit="units",
        default=most,
        lowest=1,
        highest=UNITS,
        help=f"of 10,000, that a financier of the kind {kind.lower()} funds of one generator",
    )
    for kind, most in (
        (Member.Kind.PERSON, 5_000),
        (Member.Kind.COMPANY, 5_000),
        (Member.Kind.INSTITUTION, UNITS),
        (Member.Kind.COMMUNITY, UNITS),
    )
}
COOLING_OFF_DAYS = declare(
    "financing.cooling_off_days",
    unit="days",
    default=14,
    lowest=0,
    highest=90,
    help="how long a financier may take a stake back while the funding is open; 14 as consumers may withdraw from"
    " financial services sold at a distance in the EU; 0: not at all",
)
MAINTENANCE = declare(
    "financing.maintenance_bps",
    unit="basis points",
    default=500,
    lowest=0,
    highest=5_000,
    help="of each payment, set aside for maintenance by new generators",
)
PRICE_SLOT_SECONDS = declare(
    "financing.price_slot_seconds",
    unit="s",
    default=3_600,
    lowest=60,
    highest=86_400,
    help="how long a new generator's price holds before a vote can change it",
)
EXIT_DAYS = declare(
    "financing.exit_days", unit="days", default=7, lowest=1, highest=60, help="how long an exit auction takes orders"
)
FREE_A_DAY = declare(
    "financing.free_parts_a_day",
    unit="Wh, or parts",
    default=2_000,
    lowest=0,
    highest=99_500,
    help="what a generator without a price gives to one member within a day",
)
SMALLEST_PAYOUT = declare(
    "financing.smallest_payout_cents",
    unit="hundredths of a WATT",
    default=100,
    lowest=1,
    highest=1_000_000,
    help="the least that income may be paid out by itself from: each payout costs the co-op a network fee",
)
REPLACED_CO2_G_PER_KWH = declare(
    "financing.replaced_co2_g_per_kwh",
    unit="g/kWh",
    default=800,
    lowest=0,
    highest=7_000,
    help="CO2 of what a generator's kWh replaces; the default is a diesel generator that turns a third of its"
    " fuel into power (IPCC 2006: 74.1 kg a GJ of diesel)",
)
DEFAULT_DAYS = declare(
    "financing.default_days",
    unit="days",
    default=60,
    lowest=1,
    highest=365,
    help="how long a milestone may be late before its provider is in default",
)
BUYOUT_DAYS = declare(
    "financing.buyout_days", unit="days", default=30, lowest=1, highest=365, help="how long a buy-out can be accepted"
)
