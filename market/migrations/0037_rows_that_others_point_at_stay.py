from django.db import migrations

from stelltron.core.foreign_keys import looked_up, rows_stay, say_no

POINTED_AT = (
    "core_community",
    "devices_meteringpoint",
    "members_member",
    "market_order",
    "market_slotrun",
    "market_trade",
)
ORDER = {"community_id": "core_community", "member_id": "members_member", "point_id": "devices_meteringpoint"}
TRADE = {
    "community_id": "core_community",
    "run_id": "market_slotrun",
    "buyer_id": "members_member",
    "seller_id": "members_member",
    "buy_order_id": "market_order",
    "sell_order_id": "market_order",
}
LINE = {"member_id": "members_member", "run_id": "market_slotrun", "trade_id": "market_trade"}


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_governed_communities"),
        ("devices", "0006_device_public_key"),
        ("ledger", "0013_chain_events_know_their_time"),
        ("market", "0036_treasury_sees_fee_discounts"),
        ("members", "0011_addresses_given_up"),
    ]

    operations = [
        say_no(),
        *map(rows_stay, POINTED_AT),
        looked_up("market_order", ORDER),
        looked_up("market_trade", TRADE),
        looked_up("market_statementline", LINE),
    ]
