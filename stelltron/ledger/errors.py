"""The contracts' numbered errors in words a member can act on (numbers in docs/contracts.md)."""

from __future__ import annotations

import re
from importlib import import_module
from pkgutil import iter_modules

from . import clients
from .gateway import ChainRefused

MESSAGES = {
    10: "the contract is paused: withdrawals still work, everything else waits",
    14: "a guardian has paused within the last thirty days: only the admin can now",
    100: "the balance does not cover this",
    101: "the allowance does not cover this",
    113: "this wallet is not admitted to WATT yet",
    121: "the marketplace may not mint energy: it lacks the meter role",
    124: "this energy was minted before",
    202: "more WATT than the bank is known to hold: attest the reserves first",
    203: "the reserves cannot be less than the WATT in circulation",
    204: "this payment at the bank has been used already",
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
    331: "the price is too far from the quote",
    333: "the operator is active: request a withdrawal instead",
    334: "no order desk is named",
    422: "the reward rate is at most 20 % a year",
    424: "the waiting time for unstaked GRID is 1 to 90 days",
    426: "the member has less GRID at stake",
    427: "nothing was asked to be unstaked",
    428: "the waiting time is not over",
    467: "this period is settled already",
    471: "the reward pool does not cover this report: fund it and send the same report again",
    473: "the period is not over yet",
    474: "the period ended more than seven days ago and can no longer be reported",
    511: "the generator is in another state: look at it again",
    512: "the funding is over: its deadline has passed",
    513: "the funding is still open: it ends when all units are sold or at its deadline",
    514: "fewer units are left than that: take what is left",
    515: "this is less than the smallest stake",
    516: "this is more than the largest stake",
    517: "nothing is left to refund",
    519: "this milestone was paid before",
    520: "only the requester sends the first token",
    521: "the price is outside the bounds the generator was funded with",
    522: "only owners of units have a say in the price",
    524: "the price is above your limit: look at it again",
    525: "the generator runs for free now: there is nothing to pay",
    526: "so little energy costs nothing: buy more at a time",
    527: "these units are listed, pledged or not there: take them off the market first",
    528: "these units are not for sale any more",
    529: "fewer units than that are for sale",
    530: "buyer and seller are the same",
    531: "the maintenance fund does not cover this",
    532: "the device has used this counter before",
    533: "the user has not paid for so much",
    541: "the device's counter is too far ahead: replace the device",
    551: "the terms name another requester",
    552: "the cooperative has not admitted this provider",
    553: "this request has its generator already",
    554: "the cooperative has not admitted this token for payments",
    691: "no change of this value took effect within the last seven days, or it was taken back already",
    335: "the withdrawal was ready for a week and not taken: request it again",
    336: "money and energy must be two tokens",
    337: "too many mandates were replaced within a week: wait until older slots are settled",
    700: "the order desk was never set up",
    701: "one of the orders is for the other side",
    702: "the price is outside what an order allows",
    703: "the order is over, or not yet valid",
    704: "the order does not have so much left",
    705: "too many orders at a time: wait until some are over",
    706: "the member has named no key for orders",
    707: "the slot has not begun or is more than a day old",
    721: "an amount must be above zero",
    724: "name 1 to 32 members",
    725: "the yield programme is over",
    726: "the yield programme still runs, or the week in which its end is settled",
    727: "nothing was funded from here, or it was taken back already",
    741: "no energy, or so little that it costs nothing",
    742: "buyer and seller are the same member",
    743: "the device must lock within a day and deliver after that, within 30 days",
    744: "this order was reserved before",
    745: "there is no such energy lock",
    746: "the energy lock has gone past this already, or is not so far",
    747: "the time for this is over: have the lock released",
    748: "the device still has time",
    749: "nothing waits to be collected",
    762: "the collar must be below 100 percent",
    763: "a quote covers whole slots, a day of them at most, at a price above zero",
    764: "the quote's slots are too long past or too far ahead",
    765: "a slot of this quote has its price already",
    766: "no price quote covers the slot",
}


def explain(problem: ChainRefused) -> str:
    """The reason in words, with the contract's number where it gave one."""
    if problem.code is None:
        return str(problem)
    words = MESSAGES.get(problem.code) or _named(problem.code)
    return f"{words} (contract error {problem.code})"


def _named(code: int) -> str:
    """What the contract itself calls the error, in words."""
    for module in iter_modules(clients.__path__):
        if name := import_module(f"{clients.__name__}.{module.name}").ERRORS.get(code):
            return "the contract refused: " + re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()
    return "the contract refused"
