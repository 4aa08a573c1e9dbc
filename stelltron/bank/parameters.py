"""The business parameters of the way to the bank."""

from stelltron.core.parameters import declare

from .models import Clearance

MOST = 1_000_000_000
LIMITS = {
    (level, span): declare(
        f"bank.{level.lower()}_{span}_limit",
        unit="WATT",
        default=default,
        lowest=0,
        highest=MOST,
        help=f"that a member with the clearance “{Clearance.Level(level).label}” pays in within a {span}, and that they withdraw",
    )
    for level, span, default in (
        (Clearance.Level.BASIC, "day", 1_000),
        (Clearance.Level.BASIC, "month", 5_000),
        (Clearance.Level.FULL, "day", 50_000),
        (Clearance.Level.FULL, "month", 250_000),
    )
}
VELOCITY = declare(
    "bank.velocity",
    unit="payments",
    default=5,
    lowest=1,
    highest=1_000,
    help="in a day, in or out; one more opens a case",
)
STRUCTURING_COUNT = declare(
    "bank.structuring_count",
    unit="payments",
    default=3,
    lowest=2,
    highest=100,
    help="within seven days, each just under a payment's or the day's limit, or within a month and together just under the "
    "month's, that open a case",
)
STRUCTURING_PERCENT = declare(
    "bank.structuring_percent",
    unit="%",
    default=80,
    lowest=50,
    highest=99,
    help="of a limit from which on payments are just under it",
)
# What a jurisdiction's rules tighten as well, by their names there.
PATTERNS = {"velocity": VELOCITY, "structuring_count": STRUCTURING_COUNT, "structuring_percent": STRUCTURING_PERCENT}
SMALLEST_PAYOUT = declare(
    "bank.smallest_payout",
    unit="WATT",
    default=1,
    lowest=0,
    highest=MOST,
    help="that a member withdraws to a bank account",
)
