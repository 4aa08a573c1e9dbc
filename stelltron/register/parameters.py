"""The register's business parameters."""

from stelltron.core.parameters import declare
from stelltron.core.units import STROOPS

SHARE_PRICE = declare(
    "register.share_price",
    unit="stroops",
    default=50 * STROOPS,
    lowest=1,
    highest=10**6 * STROOPS,
    help="what one share costs when it is subscribed, and what is paid back for it",
)
FEWEST_SHARES = declare(
    "register.fewest_shares",
    unit="shares",
    default=1,
    lowest=0,
    highest=1_000,
    help="how many shares an applicant has to ask for",
)
NOTICE_DAYS = declare(
    "register.notice_days",
    unit="days",
    default=90,
    lowest=0,
    highest=5 * 366,
    help="how long a resigned membership goes on; death and exclusion end it without notice",
)
