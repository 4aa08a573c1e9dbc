"""The portal's pages of proposals, as members use them, on a real chain."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from governance.models import Proposal
from stelltron.members.models import Member, Notice
from stelltron.portal.proposal_forms import SORTS

from .conftest import KEY, Assembly

SignIn = Callable[[Member], Client]


def test_member_drafts_finds_support_and_the_vote_is_counted(assembly: Assembly, signed_in: SignIn):
    ann, bob = signed_in(assembly["ann"]), signed_in(assembly["bob"])
    page = ann.get("/proposals/write/parameter").content.decode()
    assert "how long unsold surplus is kept" in page and "(now 0 slots)" in page
    late = f"{assembly.chain.now.year + 2}-01-01T12:00"
    wish = {"title": "Keep it", "text": "For the evening.", "key": KEY, "value": "24", "effective_from": late}
    assert ann.post("/proposals/write/parameter", {**wish, "value": "20000"}).status_code == 422
    made = ann.post("/proposals/write/parameter", wish, follow=True).content.decode()
    assert "1 more member must stand behind it" in made
    draft = Proposal.objects.get()
    assert "Keep it" in bob.get("/proposals").content.decode()
    assert "You stand behind it." in bob.post(f"/proposals/{draft.pk}/acts/stand-behind", follow=True).content.decode()
    assert "on its way to the vote" in ann.post(f"/proposals/{draft.pk}/acts/submit", follow=True).content.decode()
    assembly.chain.settle()
    assembly.chain.travel(hours=3)
    page = bob.get(f"/proposals/{draft.pk}").content.decode()
    assert "2 more are needed for the quorum of 2" in page
    Proposal.objects.filter(pk=draft.pk).update(opens_at=draft.created_at)
    assert 'value="YES"' in bob.get(f"/proposals/{draft.pk}").content.decode()
    assert (
        "Your vote is on its way."
        in bob.post(f"/proposals/{draft.pk}/vote", {"choice": "YES"}, follow=True).content.decode()
    )
    assembly.chain.settle()
    page = bob.get(f"/proposals/{draft.pk}").content.decode()
    assert "You voted <strong>yes</strong>" in page and "counted" in page
    assert "1 of 5 have voted" in bob.get(f"/proposals/{draft.pk}/results").content.decode()
    again = bob.post(f"/proposals/{draft.pk}/vote", {"choice": "NO"}, follow=True).content.decode()
    assert "You have voted already" in again


def test_words_on_the_chain_are_those_that_members_read(assembly: Assembly, signed_in: SignIn):
    proposal = assembly.put()
    page = signed_in(assembly["cy"]).get(f"/proposals/{proposal.pk}")
    assert "not of these words" not in page.content.decode()
    Proposal.objects.filter(pk=proposal.pk).update(text="Something else.")
    assert "not of these words" in signed_in(assembly["cy"]).get(f"/proposals/{proposal.pk}").content.decode()


def test_comments_are_said_escaped_and_hidden_with_a_reason(assembly: Assembly, signed_in: SignIn):
    proposal = assembly.draft()
    cy = signed_in(assembly["cy"])
    assert cy.post(f"/proposals/{proposal.pk}/comment", {"text": ""}).status_code == 422
    page = cy.post(f"/proposals/{proposal.pk}/comment", {"text": "<b>No</b>"}, follow=True).content.decode()
    assert "&lt;b&gt;No&lt;/b&gt;" in page
    proposal.comments.update(hidden_because="names a neighbour")
    page = cy.get(f"/proposals/{proposal.pk}").content.decode()
    assert "Hidden by staff: names a neighbour" in page and "&lt;b&gt;No" not in page


def test_every_kind_has_its_form(assembly: Assembly, signed_in: SignIn):
    ann = signed_in(assembly["ann"])
    for kind in SORTS:
        assert ann.get(f"/proposals/write/{kind}").status_code == 200
    assert ann.get("/proposals/write/war").status_code == 404
    refused = ann.post("/proposals/write/budget", {"title": "Pay", "text": "x", "to": "nobody", "stroops": "5"})
    assert "No member of your co-op has this number." in refused.content.decode()
    refused = ann.post("/proposals/write/code", {"title": "Up", "text": "x", "contract": "governor"})
    assert "runs the code of this version already" in refused.content.decode()


def test_draft_is_revised_by_its_author_alone(assembly: Assembly, signed_in: SignIn):
    draft = assembly.draft()
    assert signed_in(assembly["bob"]).get(f"/proposals/{draft.pk}/revise").status_code == 404
    ann = signed_in(assembly["ann"])
    page = ann.get(f"/proposals/{draft.pk}/revise").content.decode()
    assert 'value="Keep energy for a day"' in page and 'value="24"' in page


def test_member_follows_another_and_stops(assembly: Assembly, signed_in: SignIn):
    cy = signed_in(assembly["cy"])
    assert cy.post("/proposals/follow", {"delegate": "nobody"}).status_code == 422
    assert (
        "your vote follows <strong>Ann</strong>"
        in cy.post("/proposals/follow", {"delegate": "ann"}, follow=True).content.decode()
    )
    assert "decide for yourself again" in cy.post("/proposals/unfollow", follow=True).content.decode()


def test_another_communitys_proposal_is_not_there(
    assembly: Assembly, signed_in: SignIn, new_member: Callable[..., Member]
):
    proposal = assembly.put()
    assert signed_in(new_member("other")).get(f"/proposals/{proposal.pk}").status_code == 404


def test_community_without_a_house_says_so(new_member: Callable[..., Member], signed_in: SignIn):
    page = signed_in(new_member("early")).get("/proposals").content.decode()
    assert "does not vote here yet" in page


def test_members_hear_of_the_vote(assembly: Assembly):
    assembly.put()
    told = Notice.objects.filter(member=assembly["eve"], kind=Notice.Kind.PROPOSAL)
    assert told.count() == 1
