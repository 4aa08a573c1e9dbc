"""Proposals over the API, on a real chain."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from governance.models import Proposal
from stelltron.members.models import Member

from .conftest import Assembly


def test_proposal_is_drafted_supported_submitted_and_voted_on(
    assembly: Assembly, signed_in: Callable[[Member], Client]
):
    ann, bob = signed_in(assembly["ann"]), signed_in(assembly["bob"])

    def post(client: Client, address: str, **data: object):
        return client.post(f"/api/v1/proposals{address}", data, content_type="application/json")

    refused = post(ann, "", kind="PARAMETER", title="x", text="y", change={"key": "no.such", "value": 1})
    assert (refused.status_code, refused.json()["code"]) == (400, "no_moment")
    assert post(ann, "", kind="TEXT", title="x", text="y", votes=5).status_code == 400
    made = post(ann, "", kind="TEXT", title="We meet every month", text="On the first Monday.")
    assert made.status_code == 201
    address = f"/{made.json()['id']}"
    assert post(ann, f"{address}/submit").json()["code"] == "sponsors_missing"
    assert post(bob, f"{address}/support").status_code == 200
    assert post(ann, f"{address}/submit").status_code == 202
    assembly.chain.settle()
    assembly.chain.travel(hours=3)
    assert post(bob, f"{address}/vote", choice="MAYBE").status_code == 400
    assert post(bob, f"{address}/vote", choice="YES").json()["state"] == "SENT"
    assembly.chain.settle()
    assert post(bob, f"{address}/vote", choice="NO").json()["code"] == "voted_already"
    read = ann.get(f"/api/v1/proposals{address}").json()
    assert (read["state"], read["yes"], read["eligible"], read["author"]) == ("OPEN", 1, 5, "ann")
    assert [one["title"] for one in ann.get("/api/v1/proposals").json()["results"]] == ["We meet every month"]
    assert Proposal.objects.count() == 1
