"""The tables of financing, by what they are about."""

from .agents import Agent, AgentSale, Handover
from .announcements import Announcement
from .auto_payouts import AutoClaim, AutoPayout
from .buyouts import BuyOut, BuyOutPart
from .cover import Cover, CoverClaim, CoverOffer, CoverPayment, Insurer
from .exits import ExitAuction, ExitFill, ExitOrder
from .futures import Future
from .generators import EnergyCode, Generator, Milestone, Payment, Payout, Pledge, PrepaidMeter, Stake, UnitTransfer
from .photographs import Photograph
from .requests import UNITS, GeneratorRequest, Offering, Provider, ProviderBid
from .upkeep import Ticket, Upkeep

__all__ = [
    "UNITS",
    "Agent",
    "AgentSale",
    "Announcement",
    "AutoClaim",
    "AutoPayout",
    "BuyOut",
    "BuyOutPart",
    "Cover",
    "CoverClaim",
    "CoverOffer",
    "CoverPayment",
    "EnergyCode",
    "ExitAuction",
    "ExitFill",
    "ExitOrder",
    "Future",
    "Generator",
    "GeneratorRequest",
    "Handover",
    "Insurer",
    "Milestone",
    "Offering",
    "Payment",
    "Payout",
    "Photograph",
    "Pledge",
    "PrepaidMeter",
    "Provider",
    "ProviderBid",
    "Stake",
    "Ticket",
    "UnitTransfer",
    "Upkeep",
]
