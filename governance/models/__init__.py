"""The tables of governance."""

from .gifts import GridGift
from .grid import GridMovement, GridPool, GridPosition
from .houses import House, RollEntry, Rules
from .licences import LicenceKey
from .proposals import Ballot, Comment, Delegation, Proposal, Sponsor
from .rehearsals import Rehearsal, RehearsedBill

__all__ = [
    "Ballot",
    "Comment",
    "Delegation",
    "GridGift",
    "GridMovement",
    "GridPool",
    "GridPosition",
    "House",
    "LicenceKey",
    "Proposal",
    "Rehearsal",
    "RehearsedBill",
    "RollEntry",
    "Rules",
    "Sponsor",
]
