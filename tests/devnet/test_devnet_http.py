"""What browsers and batching clients rely on."""

import pytest
import requests

HEALTH = {"jsonrpc": "2.0", "method": "getHealth"}


def post(devnet, body, **options) -> requests.Response:
    return requests.post(devnet.url, json=body, timeout=30, **options)


def test_any_origin_may_call(devnet):
    headers = {
        "Origin": "http://page",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-client-name",
    }
    preflight = requests.options(devnet.url, headers=headers, timeout=30)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert preflight.headers["Access-Control-Allow-Headers"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert int(preflight.headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("path", ["/", "/friendbot?addr=GNOT", "/nowhere"])
def test_a_page_can_read_refusals_too(devnet, path):
    for method in ("GET", "POST"):
        answer = requests.request(method, devnet.url + path, headers={"Origin": "http://page"}, timeout=30)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_batches_are_answered_in_order(devnet):
    batch = [HEALTH | {"id": "a"}, {"jsonrpc": "2.0", "id": 2, "method": "none"}, 5, HEALTH | {"id": None}]
    answers = post(devnet, batch).json()
    assert [one["id"] for one in answers] == ["a", 2, None, None]
    assert [one.get("error", {}).get("code") for one in answers] == [None, -32601, -32600, None]


def test_what_has_no_id_gets_no_answer(devnet):
    assert [one["id"] for one in post(devnet, [HEALTH, HEALTH | {"id": 1}]).json()] == [1]
    for silent in (HEALTH, [HEALTH, HEALTH]):
        answer = post(devnet, silent)
        assert (answer.status_code, answer.content) == (204, b"")


def test_batches_have_a_size(devnet):
    for batch in ([], [HEALTH | {"id": 1}] * 101):
        assert post(devnet, batch).json()["error"]["code"] == -32600
    assert len(post(devnet, [HEALTH | {"id": 1}] * 100).json()) == 100
