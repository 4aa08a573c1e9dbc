"""The tables of governance."""

from .houses import House, RollEntry, Rules
from .proposals import Ballot, Comment, Delegation, Proposal, Sponsor

__all__ = ["Ballot", "Comment", "Delegation", "House", "Proposal", "RollEntry", "Rules", "Sponsor"]
