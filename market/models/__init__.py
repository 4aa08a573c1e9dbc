"""The market's tables."""

from .billing import Bill, BillLine, BillNumber, Dispute
from .figures import Investment, MemberDay, PriceQuote
from .grid import AllocationKey, FeeDiscount, GridFee
from .lines import LineKind, StatementLine
from .mandates import FriendContract, Mandate
from .orders import Order, backing_of
from .runs import HeldEnergy, LateReading, WorseOff
from .slots import BankedEnergy, EnergyProof, SlotRun
from .stored import LockDelivery, LockedTrade, SellerReliability, StoredOffer
from .tariffs import MemberPlan, Tariff, TariffBand
from .trades import Trade

__all__ = [
    "AllocationKey",
    "BankedEnergy",
    "Bill",
    "BillLine",
    "BillNumber",
    "Dispute",
    "EnergyProof",
    "FeeDiscount",
    "FriendContract",
    "GridFee",
    "HeldEnergy",
    "Investment",
    "LateReading",
    "LineKind",
    "LockDelivery",
    "LockedTrade",
    "Mandate",
    "MemberDay",
    "MemberPlan",
    "Order",
    "PriceQuote",
    "SellerReliability",
    "SlotRun",
    "StatementLine",
    "StoredOffer",
    "Tariff",
    "TariffBand",
    "Trade",
    "WorseOff",
    "backing_of",
]
