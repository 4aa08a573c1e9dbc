"""The tables of governance."""

from .houses import House, RollEntry, Rules
from .proposals import Ballot, Comment, Delegation, Proposal, Sponsor
from .rehearsals import Rehearsal, RehearsedBill

__all__ = [
    "Ballot",
    "Comment",
    "Delegation",
    "House",
    "Proposal",
    "Rehearsal",
    "RehearsedBill",
    "RollEntry",
    "Rules",
    "Sponsor",
]
