"""The tables of financing, by what they are about."""

from .exit_models import ExitAuction, ExitFill, ExitOrder
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
from .request_models import UNITS, GeneratorRequest, Offering, Provider, ProviderBid

__all__ = [
    "UNITS",
    "EnergyCode",
    "ExitAuction",
    "ExitFill",
    "ExitOrder",
    "Generator",
    "GeneratorRequest",
    "Milestone",
    "Offering",
    "Payment",
    "Payout",
    "Pledge",
    "PrepaidMeter",
    "Provider",
    "ProviderBid",
    "Stake",
    "UnitTransfer",
]
