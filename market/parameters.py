"""The market's business parameters."""

from stelltron.core.parameters import declare

BANKING_SLOTS = declare(
    "market.banking_slots",
    unit="slots",
    default=0,
    lowest=0,
    highest=10_000,
    help="how long unsold surplus is kept as KWH before it goes to the utility; 0: at once",
)
CO2_G_PER_KWH = declare(
    "market.co2_g_per_kwh",
    unit="g/kWh",
    default=400,
    lowest=0,
    highest=2_000,
    help="what the utility's power emits: neighbours' and stored energy saves it",
)
GRACE_SECONDS = declare(
    "market.grace_seconds",
    unit="s",
    default=300,
    lowest=0,
    highest=86_400,
    help="how long a slot waits for meters that have not reported past its end",
)
GRID_DISTANCE = declare(
    "market.grid_distance",
    unit="bp",
    default=10_000,
    lowest=0,
    highest=30_000,
    help="the weight of distance: how much of the zones' grid fees is charged",
)
MECHANISM = declare(
    "market.mechanism",
    unit="number",
    default=0,
    lowest=0,
    highest=5,
    help="0 auction, 1 mid-market rate, 2 supply-demand ratio, 3 static keys, 4 dynamic keys, 5 bill sharing",
)
SETTLEMENT_GROUP_SLOTS = declare(
    "market.settlement_group_slots",
    unit="slots",
    default=0,
    lowest=0,
    highest=64,
    help="slots that share a settlement transaction; 0: settle each slot as soon as it is cleared",
)
