"""The contracts' numbered errors in words a member can act on (numbers in docs/contracts.md)."""

from __future__ import annotations

from .gateway import ChainRefused

MESSAGES = {
    10: "the contract is paused: withdrawals still work, everything else waits",
    303: "the member has no place in the marketplace yet: make a first deposit",
    306: "an amount must be above zero",
    308: "the WATT balance in the marketplace does not cover this: deposit first",
    309: "the KWH balance in the marketplace does not cover this",
    310: "no withdrawal was requested, or nothing is left to pay",
    311: "the withdrawal is still in its waiting time",
    312: "the mandate contradicts itself or leaves a limit at zero",
    313: "the member has given no mandate",
    314: "the slot lies outside the mandate's validity",
    315: "the mandate does not allow this side",
    316: "the price is below what the seller's mandate asks",
    317: "the price and grid fee are above what the buyer's mandate allows",
    318: "the energy in this slot would exceed the mandate",
    319: "the energy on this day would exceed the mandate",
    320: "the slot is older than the contract still accepts",
    321: "the settlement batch is malformed",
    323: "this slot and chunk are settled already",
    324: "the slot has no more chunks",
    325: "buyer and seller are the same member",
    326: "a mint, trade or burn of nothing",
    327: "a round bought more or less than it sold",
    328: "the slot closes while the operator still holds energy of a round",
    329: "the slot has not begun",
}


def explain(problem: ChainRefused) -> str:
    """The reason in words, with the contract's number where it gave one."""
    if problem.code is None:
        return str(problem)
    words = MESSAGES.get(problem.code, "the contract refused")
    return f"{words} (contract error {problem.code})"
