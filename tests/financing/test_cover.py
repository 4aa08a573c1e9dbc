"""Cover: sold within proven capital, paid by two of the Treasury, and pro rata by an insurer that cannot pay."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from financing.cover import cover, cover_claims
from financing.models import Cover, CoverClaim, CoverOffer, CoverPayment, Generator, Insurer
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.units import STROOPS
from stelltron.ledger.clients import watt_token
from stelltron.members.models import Member, Notice, User

from .conftest import Village, at_once
from .test_funding import watt

DEFAULT, LOSS, NON_DELIVERY = CoverOffer.Kind.DEFAULT, CoverOffer.Kind.LOSS, CoverOffer.Kind.NON_DELIVERY
TERMS = {"premium_bps": 200, "days": 365, "counts": "No light for 60 days."}


def insurer(village: Village, *, capital: int = 8_000) -> Insurer:
    """An admitted institution with so much WATT in its wallet."""
    member = village["mutual"]
    Member.objects.filter(pk=member.pk).update(kind=Member.Kind.INSTITUTION)
    member.refresh_from_db()
    asked = cover.ask_to_insure(member, "licence 12 of the central bank")
    cover.decide_insurer(asked, admitted=True, actor=None, reason="licence seen")
    keep(village, "mutual", capital)
    return Insurer.objects.get(pk=asked.pk)


def keep(village: Village, code: str, watts: int) -> None:
    """Spend what is above."""
    rest = watt(village, code) - watts * STROOPS
    wallet = village[code].wallet
    village.chain.send(wallet.keypair(), watt_token.transfer(wallet.address, village["village"].wallet.address, rest))
    village.chain.settle()


def offer(village: Village, made: Generator, kind: str = LOSS, most: int = 10_000) -> CoverOffer:
    return cover.offer_cover(made, village["mutual"], kind=kind, largest_sum=most * STROOPS, **TERMS)


def bought(village: Village, offered: CoverOffer, code: str, watts: int) -> Cover:
    made = cover.buy_cover(offered, village[code], watts * STROOPS, now=village.now, gateway=village.chain.gateway)
    village.chain.settle()
    return Cover.objects.get(pk=made.pk)


def granted(village: Village, claim: CoverClaim, by: tuple[User, User]) -> CoverClaim:
    cover_claims.propose_decision(claim, claim.claimed, actor=by[0], reason="seen")
    cover_claims.approve_decision(claim, claim.granted, actor=by[1], reason="seen too", gateway=village.chain.gateway)
    return CoverClaim.objects.get(pk=claim.pk)


def test_an_insolvent_insurer_pays_its_claims_pro_rata_and_the_rest_when_it_can(
    village: Village, treasurers: tuple[User, User]
) -> None:
    made = village.funded(ann=5000, bob=5000)
    mutual = insurer(village)
    with pytest.raises(Refused, match="only insurers that the co-op has admitted"):
        cover.offer_cover(made, village["ann"], kind=LOSS, largest_sum=STROOPS, **TERMS)
    loss = offer(village, made)
    for code, watts, said in (
        ("dan", 1, "nothing at risk"),
        ("ann", 10_001, "no bet"),
        ("ann", 8_001, r"8,000\.00 more"),
    ):
        with pytest.raises(Refused, match=said):
            bought(village, loss, code, watts)
    before = watt(village, "ann")
    anns = bought(village, loss, "ann", 6_000)
    assert before - watt(village, "ann") == 120 * STROOPS == anns.premium
    assert anns.state == "ACTIVE"
    # Sold sums count, and the premium is capital now.
    with pytest.raises(Refused, match=r"can cover 2,120\.00 more"):
        bought(village, loss, "bob", 2_121)
    bobs = bought(village, loss, "bob", 2_000)
    assert cover.exposure(mutual) == 8_000 * STROOPS

    with pytest.raises(Refused, match="only the holder"):
        cover.claim_cover(anns, village["bob"], STROOPS, "fire")
    with pytest.raises(Refused, match=r"6,000\.00 of the sum"):
        cover.claim_cover(anns, village["ann"], 6_001 * STROOPS, "fire")
    burnt = cover.claim_cover(anns, village["ann"], 6_000 * STROOPS, "report of the fire brigade", now=village.now)
    also = cover.claim_cover(bobs, village["bob"], 2_000 * STROOPS, "the same fire", now=village.now)
    with pytest.raises(Refused, match="being decided"):
        cover.claim_cover(anns, village["ann"], STROOPS, "again")
    # It has spent its capital since.
    keep(village, "mutual", 4_000)
    first, second = treasurers
    cover_claims.propose_decision(burnt, burnt.claimed, actor=first, reason="seen")
    with pytest.raises(Refused, match="somebody else"):
        cover_claims.approve_decision(burnt, burnt.granted, actor=first, reason="me again")
    had = watt(village, "ann")
    cover_claims.approve_decision(
        burnt, burnt.granted, actor=second, reason="called them", gateway=village.chain.gateway
    )
    # Half of all that is asked is there: what Bob asks for is kept back until it is decided.
    village.chain.settle()
    assert watt(village, "ann") - had == 3_000 * STROOPS
    burnt.refresh_from_db()
    mutual.refresh_from_db()
    loss.refresh_from_db()
    assert (burnt.state, burnt.owed, mutual.state, loss.is_open) == ("OWED", 3_000 * STROOPS, "INSOLVENT", False)
    told = Notice.objects.get(member=village["ann"], text__contains="cannot pay all it owes").text
    assert "3,000.00 remain owed" in told
    assert Notice.objects.filter(member=village["bob"], text__contains="sells no more cover").exists()
    with pytest.raises(Refused, match="not sold any more"):
        bought(village, loss, "ann", 1)
    with pytest.raises(Refused, match=r"still owes 3,000\.00"):
        cover.decide_insurer(mutual, admitted=True, actor=None, reason="they asked")

    granted(village, also, treasurers)
    village.chain.settle()
    # 1,000 for 3,000 and 2,000 owed.
    also.refresh_from_db()
    assert also.paid == 400 * STROOPS
    wallet = village["dan"].wallet
    village.chain.send(
        wallet.keypair(), watt_token.transfer(wallet.address, village["mutual"].wallet.address, 9_000 * STROOPS)
    )
    assert cover_claims.pay_owed(mutual, village.chain.gateway) == 2
    assert cover_claims.pay_owed(mutual, village.chain.gateway) == 0
    village.chain.settle()
    for claim in (burnt, also):
        claim.refresh_from_db()
        assert (claim.state, claim.owed) == ("PAID", 0)
        assert sum(claim.payments.values_list("amount", flat=True)) == claim.granted
    assert not CoverPayment.objects.exclude(state="PAID").exists()
    assert cover.exposure(mutual) == 0
    cover.decide_insurer(mutual, admitted=True, actor=None, reason="new capital")
    with pytest.raises(IllegalTransition):
        cover_claims.refuse_claim(burnt, actor=first, reason="too late")


def test_cover_is_offered_bought_and_claimed_on_the_pages(
    village: Village, treasurers: tuple[User, User], signed_in: Callable
) -> None:
    made = village.funded(ann=5000, bob=5000)
    acts = f"/generators/{made.address}/acts"
    assert (
        "only institutions"
        in signed_in(village["ann"]).post("/generators/cover/insure", {"about": "me"}).content.decode().lower()
    )
    insurer(village)
    mutual, builder, bob = (signed_in(village[code]) for code in ("mutual", "builder", "bob"))
    typed = {"kind": NON_DELIVERY, "premium_bps": "1.5", "largest_sum": "5000", "days": "90", "counts": "No delivery."}
    mutual.post(f"{acts}/offer-cover", typed)
    offered = CoverOffer.objects.get()
    assert (offered.premium_bps, offered.largest_sum) == (150, 5_000 * STROOPS)
    page = f"/generators/{made.address}"
    assert "non-delivery" in builder.get(page).content.decode()
    assert "non-delivery" not in bob.get(page).content.decode()
    wanted = {"offer": offered.pk, "amount": "1000"}
    asked = builder.post(f"{acts}/buy-cover", wanted).content.decode()
    assert "15.00" in asked
    assert "not locked" in asked
    assert not Cover.objects.exists()
    builder.post(f"{acts}/buy-cover", {**wanted, "confirmed": "yes"})
    village.chain.settle()
    held = Cover.objects.get()
    claim = {"amount": "400", "evidence": "the supplier is bankrupt"}
    assert bob.post(f"/generators/cover/{held.pk}/claim", claim).status_code == 404
    builder.post(f"/generators/cover/{held.pk}/claim", claim)
    made_claim = CoverClaim.objects.get()
    cover_claims.refuse_claim(made_claim, actor=treasurers[0], reason="another supplier is there")
    assert "another supplier is there" in builder.get("/generators/cover").content.decode()
    assert "1,000.00 for 15.00" in mutual.get("/generators/cover").content.decode()
    assert bob.post(f"/generators/cover/offers/{offered.pk}/close").status_code == 404
    mutual.post(f"/generators/cover/offers/{offered.pk}/close")
    assert not CoverOffer.objects.get().is_open
    assert cover.end_due(held.ends_at - timedelta(seconds=1)) == 0
    assert cover.end_due(held.ends_at) == 1
    with pytest.raises(Refused, match="while it holds"):
        cover.claim_cover(held, village["builder"], STROOPS, "late", now=held.ends_at)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_two_at_once_cover_no_more_than_the_capital(
    village: Village, monkeypatch: pytest.MonkeyPatch, locked: bool
) -> None:
    """Without the insurer's row locked both would be sold what is there once."""
    made = village.funded(ann=5000, bob=5000)
    mutual = insurer(village, capital=1_000)
    loss, now = offer(village, made), village.now
    if not locked:
        both_looked = threading.Barrier(2)
        monkeypatch.setattr(cover, "_locked", lambda offer: Insurer.objects.select_related("member__wallet").get())
        monkeypatch.setattr(cover, "require_money", lambda *asked: both_looked.wait(timeout=10))

    def buy(code: str) -> Callable[[], object]:
        holder = village[code]
        return lambda: cover.buy_cover(loss, holder, 1_000 * STROOPS, now=now)

    problems = at_once(buy("ann"), buy("bob"))
    assert [str(problem) for problem in problems if "can cover 0.00 more" not in str(problem)] == []
    assert len(problems) == (1 if locked else 0)
    assert cover.exposure(mutual) == (1_000 if locked else 2_000) * STROOPS
