"""The tables of financing, by what they are about."""

from .agent_models import Agent, AgentSale, Handover
from .buyout_models import BuyOut, BuyOutPart
from .cover_models import Cover, CoverClaim, CoverOffer, CoverPayment, Insurer
from .exit_models import ExitAuction, ExitFill, ExitOrder
from .future_models import Future
from .generator_models import (
    EnergyCode,
    Generator,
    Milestone,
    Payment,
    Payout,
    Pledge,
    PrepaidMeter,
    Stake,
    UnitTransfer,
)
from .photograph_models import Photograph
from .request_models import UNITS, GeneratorRequest, Offering, Provider, ProviderBid
from .upkeep_models import Ticket, Upkeep

__all__ = [
    "UNITS",
    "Agent",
    "AgentSale",
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
