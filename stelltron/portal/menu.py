"""The admin's sidebar: where a co-op worker would look, and only what they may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy

from .pipeline import DUE_PAYMENTS, PIPELINE


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    groups = [
        _group("Today", _page("Dashboard", "dashboard", "admin:index")),
        _group(
            "People",
            _list("Members", "groups", "members_member"),
            _list("Wallets", "wallet", "members_wallet"),
            _list("Messages to members", "notifications", "members_notice"),
            _list("How members are told", "tune", "members_noticechoice"),
            _list("Applications", "person_add", "register_application", "?state__exact=OPEN"),
            _report("Register", "badge", "office-register", "register.view_shareentry"),
            _list("Changes of shares by two", "published_with_changes", "register_shareproposal"),
            _list("Share ledger", "menu_book", "register_shareentry"),
            _list("Departures", "logout", "register_departure"),
            _list("Refunds by two", "currency_exchange", "register_refund"),
            _list("KYC to decide", "verified_user", "members_member", "?kyc__exact=PENDING"),
        ),
        _group(
            "Devices",
            _list("Metering points", "electric_meter", "devices_meteringpoint"),
            _list("Devices", "sensors", "devices_device"),
            _list("Quarantine", "report", "devices_quarantined"),
            _list("Telemetry", "show_chart", "devices_telemetry"),
            _list("Slot readings", "speed", "devices_slotreading"),
        ),
        _group(
            "Market",
            _list("Slots", "schedule", "market_slotrun"),
            _list("Late readings", "update", "market_latereading"),
            _list("Trades", "swap_horiz", "market_trade"),
            _list("Orders", "receipt_long", "market_order"),
            _list("Mandates", "handshake", "market_mandate"),
            _list("Stored energy on offer", "battery_share", "market_storedoffer"),
            _list("Trades under a lock", "lock_clock", "market_lockedtrade"),
            _list("Sellers' reliability", "verified", "market_sellerreliability"),
            _list("Contracts among friends", "group", "market_friendcontract"),
            _list("Tariffs", "sell", "market_tariff"),
            _list("Price quotes", "trending_up", "market_pricequote"),
            _list("Grid fees", "hub", "market_gridfee"),
            _list("Fee discounts", "percent", "market_feediscount"),
            _list("Allocation keys", "key", "market_allocationkey"),
            _report("Grid operator statement", "summarize", "office-grid", "market.view_trade"),
            _report("Savings by member", "savings", "office-guard", "market.view_statementline"),
            _list("Worse off", "trending_down", "market_worseoff"),
            _list("Members' plans", "person_check", "market_memberplan"),
            _list("Documents", "request_page", "market_bill"),
            _list("Disputes", "gavel", "market_dispute"),
            _list("Statement lines", "request_quote", "market_statementline"),
            _list("Members' days", "calendar_month", "market_memberday"),
            _list("Investments", "savings", "market_investment"),
            _list("Banked energy", "battery_charging_full", "market_bankedenergy"),
            _list("Proofs of energy", "verified", "market_energyproof"),
        ),
        _group(
            "Generators",
            _report("Under way", "conversion_path", "office-pipeline", *PIPELINE),
            _report("Payments due", "payments", "office-due", *DUE_PAYMENTS),
            _list("Offerings to review", "rate_review", "financing_offering", "?state__exact=REVIEW"),
            _list("Milestones to pay", "payments", "financing_milestone", "?state__in=ACCEPTED,PROPOSED"),
            _list("Requests", "campaign", "financing_generatorrequest"),
            _list("Providers", "engineering", "financing_provider"),
            _list("Bids", "gavel", "financing_providerbid"),
            _list("Offerings", "storefront", "financing_offering"),
            _list("Generators", "solar_power", "financing_generator"),
            _list("Milestones", "flag", "financing_milestone"),
            _list("Pledges", "volunteer_activism", "financing_pledge"),
            _list("Owners", "pie_chart", "financing_stake"),
            _list("Payments for energy", "bolt", "financing_payment"),
            _list("Payouts", "output", "financing_payout"),
            _list("Payouts by themselves", "autorenew", "financing_autopayout"),
            _list("Claims by themselves", "schedule_send", "financing_autoclaim"),
            _list("Units that changed hands", "swap_horiz", "financing_unittransfer"),
            _list("Prepaid meters", "electric_meter", "financing_prepaidmeter"),
            _list("Energy codes", "pin", "financing_energycode"),
            _list("Faults and questions", "support_agent", "financing_ticket", "?state__exact=OPEN"),
            _list("Announced, unless objected to", "campaign", "financing_announcement"),
            _list("Upkeep by two", "handyman", "financing_upkeep"),
            _list("Insurers", "shield_person", "financing_insurer"),
            _list("Cover offers", "shield", "financing_coveroffer"),
            _list("Covers", "verified_user", "financing_cover"),
            _list("Claims on covers", "emergency", "financing_coverclaim"),
            _list("Payments on claims", "price_check", "financing_coverpayment"),
            _list("Milestones in default", "running_with_errors", "financing_milestone", "?pace__exact=DEFAULT"),
            _list("Buy-outs", "group_add", "financing_buyout"),
            _list("Parts of buy-outs", "call_merge", "financing_buyoutpart"),
            _list("Agents", "storefront", "financing_agent"),
            _list("Receipts of agents", "receipt_long", "financing_agentsale"),
            _list("Cash handed over", "payments", "financing_handover"),
            _list("Photographs", "photo_camera", "financing_photograph"),
            _list("Futures", "schedule", "financing_future"),
            _list("Exit auctions", "logout", "financing_exitauction"),
            _list("Exit orders", "receipt_long", "financing_exitorder"),
            _list("Exit fills", "done_all", "financing_exitfill"),
        ),
        _group(
            "Members decide",
            _list("To the vote", "how_to_vote", "governance_proposal", "?state__exact=OPEN"),
            _list("Proposals", "campaign", "governance_proposal"),
            _list("Votes", "ballot", "governance_ballot"),
            _list("Comments", "forum", "governance_comment"),
            _list("Supporters of drafts", "thumb_up", "governance_sponsor"),
            _list("Who follows whom", "group", "governance_delegation"),
            _list("Roll of voters", "groups", "governance_rollentry"),
            _list("Rehearsals", "replay", "governance_rehearsal"),
            _list("Bills rehearsed", "request_quote", "governance_rehearsedbill"),
            _list("Rules of the vote", "rule", "governance_rules"),
            _list("Houses", "account_balance", "governance_house"),
        ),
        _group(
            "GRID",
            _list("Gifts by two", "redeem", "governance_gridgift"),
            _list("At stake", "lock", "governance_gridposition"),
            _list("Movements", "swap_vert", "governance_gridmovement"),
            _list("Keys of applications", "vpn_key", "governance_licencekey"),
            _list("Pool and terms", "savings", "governance_gridpool"),
        ),
        _group(
            "Bank",
            _list("Lines to assign", "inbox", "bank_bankline", "?state__exact=WAITING"),
            _list("Cases", "policy", "bank_case", "?state__exact=OPEN"),
            _list("Cases by two", "gavel", "bank_casestep"),
            _list("Bank payments", "payments", "ledger_paymentproposal"),
            _list("Payments out", "output", "bank_payout"),
            _list("Payment files", "outbox", "bank_paymentfile"),
            _list("Accounts at banks", "account_balance", "bank_bankaccount"),
            _list("Statements", "description", "bank_bankstatement"),
            _list("Statement lines of the bank", "receipt_long", "bank_bankline"),
            _list("Attested reserves", "verified", "ledger_attestation"),
            _list("Reserve balances", "savings", "ledger_reservebalance"),
            _list("WATT burned", "local_fire_department", "ledger_redemption"),
            _list("Clearances", "shield_person", "bank_clearance"),
            _list("Jurisdictions by two", "account_balance", "bank_adoption"),
            _list("Rules of jurisdictions", "balance", "bank_ruleset"),
            _list("Rules that began", "event_available", "bank_begun"),
            _list("Wallets by two", "published_with_changes", "bank_walletchange"),
            _list("Identity details", "badge", "bank_customerrecord"),
            _list("Payment references", "tag", "bank_paymentreference"),
            _list("Known accounts", "contacts", "bank_knownaccount"),
            _list("Transfers by wallet", "account_balance_wallet", "bank_anchortransfer"),
        ),
        _group(
            "Ledger",
            _list("Balances", "account_balance_wallet", "ledger_holding"),
            _list("Energy locks", "lock", "ledger_energylock"),
            _list("Withdrawal requests", "logout", "ledger_withdrawalrequest"),
            _list("Chain intents", "outbox", "ledger_chainintent"),
            _list("Chain transactions", "link", "ledger_chaintransaction"),
            _list("Journal", "menu_book", "ledger_journalentry"),
            _list("Accounts", "account_tree", "ledger_account"),
            _list("Reconciliations", "balance", "ledger_reconciliation"),
            _list("Receipts", "receipt", "ledger_bankreceipt"),
            _list("Contracts", "description", "ledger_contract"),
            _list("Contract seats", "event_seat", "ledger_seat"),
            _list("Chain events", "podcasts", "ledger_chainevent"),
        ),
        _group(
            "Audit",
            _list("Anchors on the chain", "anchor", "audit_anchor"),
            _list("Seals of actions", "link", "audit_seal"),
            _list("Erasures by two", "person_remove", "audit_erasure"),
        ),
        _group(
            "Settings",
            _list("Communities", "home_work", "core_community"),
            _list("Parameters", "tune", "core_parameterversion"),
            _list("Action log", "history", "core_actionlog"),
            _list("Processes", "monitor_heart", "core_heartbeat"),
            _list("Users", "person", "members_user"),
            _list("Roles", "admin_panel_settings", "auth_group"),
            _list("Beat schedule", "alarm", "django_celery_beat_periodictask"),
        ),
    ]
    may = [{**group, "items": [item for item in group["items"] if item["permission"](request)]} for group in groups]
    return [group for group in may if group["items"]]


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": title == "Settings", "items": list(items)}


def _page(title: str, icon: str, view: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(view), "permission": lambda request: True}


def _report(title: str, icon: str, view: str, *permissions: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(view), "permission": _may_view(*permissions)}


def _list(title: str, icon: str, model: str, query: str = "") -> dict[str, Any]:
    app, name = model.rsplit("_", 1)
    return {
        "title": title,
        "icon": icon,
        "link": f"{reverse_lazy(f'admin:{model}_changelist')}{query}",
        "permission": _may_view(f"{app}.view_{name}"),
    }


def _may_view(*permissions: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perms(permissions)
