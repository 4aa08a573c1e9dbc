"""What the portal tells a phone that puts it on its home screen."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image


def test_the_manifest_names_icons_that_are_as_large_as_it_says(client: Client) -> None:
    drawn = [icon for icon in client.get("/app.webmanifest").json()["icons"] if icon["type"] == "image/png"]
    assert drawn
    for icon in drawn:
        with Image.open(finders.find(icon["src"].removeprefix("/static/"))) as image:
            assert "{}x{}".format(*image.size) == icon["sizes"]


def test_a_member_installs_their_own_co_op(client: Client, new_member: Callable, signed_in: Callable) -> None:
    assert client.get("/app.webmanifest").json()["name"] == "Stelltron"
    member = new_member("maria")
    assert signed_in(member).get("/app.webmanifest").json()["name"] == str(member.community)


def test_the_page_without_a_connection_names_nobody(client: Client, new_member: Callable, signed_in: Callable) -> None:
    assert signed_in(new_member("maria")).get("/offline").content == client.get("/offline").content
