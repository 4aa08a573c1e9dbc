"""Locks in the firmware on a real MicroPython: its signatures, its arithmetic, and one delivery over the broker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from stellar_sdk import Keypair

from devices import lock_orders
from devices.answers import answered, take_answer
from devices.ingest import Message
from devices.lock_wire import Answer, Command, decode_answer, signed_message
from devices.models import Device, Quarantined
from tests.market.battery import subscribed, until

from .test_meter_firmware import NOON, Flash, micropython

CONTRACT = "C" + "A" * 55
ID = "ab" * 32
LATER = int(NOON.timestamp()) + 86_400


@pytest.mark.parametrize("length", [0, 1, 111, 112, 239, 240, 300])
def test_the_firmware_signs_as_ed25519_is_written(tmp_path: Path, length: int) -> None:
    seed, message = bytes(range(32)), bytes(n % 251 for n in range(length))
    code = f"import ed25519; k = ed25519.Key({seed!r}); print(k.public.hex(), k.sign({message!r}).hex())"
    ours = Keypair.from_raw_ed25519_seed(seed)
    assert micropython(code, tmp_path).split() == [ours.raw_public_key().hex(), ours.sign(message).hex()]


def test_a_hundred_cycles_conserve_what_is_reserved_and_what_is_free(tmp_path: Path) -> None:
    code = (
        "from locks import Locks\n"
        "class Key:\n"
        "    def sign(self, m): return m\n"
        "stored, locks = 50_000_000, Locks('locks.json', Key())\n"
        "def order(do, n, wh): return {'do': do, 'id': '%064x' % n, 'contract': 'C', 'wh': wh, 'until': 10**9}\n"
        "for n in range(100):\n"
        "    wh = 100 + 37 * n % 400\n"
        "    assert locks.answer(order('lock', n, wh), stored, 0)[0] == 'lock'\n"
        "    assert locks.answer(order('lock', n, wh), stored, 0)[0] == 'lock'\n"
        "    assert locks.reserved_mwh() == wh * 1000\n"
        "    out = wh * 1000 * (n % 5) // 4\n"
        "    locks.exported(out, 0)\n"
        "    stored -= out\n"
        "    given = min(-(-out // 1000), wh)\n"
        "    assert locks.reserved_mwh() + locks.free_mwh(stored) == stored\n"
        "    assert locks.answer(order('deliver', n, given + 1), stored, 0)[:2] == ('refused', given)\n"
        "    assert locks.answer(order('deliver', n, given), stored, 0)[:2] == ('deliver', given)\n"
        "    assert locks.answer(order('deliver', n, given), stored, 0)[:2] == ('deliver', given)\n"
        "    assert locks.answer(order('lock', n, wh), stored, 0)[0] == 'refused'\n"
        "    assert (locks.reserved_mwh(), locks.free_mwh(stored)) == (0, stored)\n"
        "    locks = Locks('locks.json', Key())\n"
        "print('conserved')"
    )
    assert micropython(code, tmp_path).strip() == "conserved"


def test_nothing_is_promised_twice_and_the_oldest_promise_is_served_first(tmp_path: Path) -> None:
    code = (
        "from locks import Locks\n"
        "class Key:\n"
        "    def sign(self, m): return m\n"
        "locks = Locks('locks.json', Key())\n"
        "def order(do, n, wh, until=100): return {'do': do, 'id': '%064x' % n, 'contract': 'C', 'wh': wh, 'until': until}\n"
        "print([locks.answer(order('lock', n, wh), 10_000_000, 0)[:2] for n, wh in ((1, 5000), (2, 4000), (3, 2000))])\n"
        "locks.exported(8_000_000, 50)\n"
        "locks.exported(500_000, 101)\n"
        "print([lock[3] for lock in locks.locks])\n"
        "locks.answer(order('unlock', 1, 0), 0, 102)\n"
        "print(locks.reserved_mwh())\n"
        "print(locks.answer(order('lock', 4, 1000, 10**6), 1_000_000, 101 + 86400)[0], locks.reserved_mwh())"
    )
    said = micropython(code, tmp_path).splitlines()
    assert said[:2] == ["[('lock', 5000), ('lock', 4000), ('refused', 1000)]", "[5000000, 3000000]"]
    # What was not delivered is free again: unlocked, or a day after its time.
    assert said[2:] == ["1000000", "lock 1000000"]


@pytest.fixture
def heard(db: None) -> Iterator[list[Message]]:
    messages: list[Message] = []
    ear = subscribed("st/v1/+/answer", messages.append)
    yield messages
    ear.disconnect()
    ear.loop_stop()


def test_a_battery_locks_and_proves_its_delivery_over_the_broker(
    tmp_path: Path, new_member: Callable, heard: list[Message]
) -> None:
    device = Device.objects.get(owner=new_member("A"))
    flash = Flash(tmp_path, device, urlsplit(settings.MQTT_URL).port, rate=2400)
    (tmp_path / "battery.json").write_text(json.dumps({"mwh": 3_000_000}))
    given: list[Answer] = []

    def keep(sender: object, answer: Answer, **_: object) -> None:
        given.append(answer)

    answered.connect(keep)

    def ask(do: str, wh: int) -> Answer:
        seen = len(given)
        lock_orders.ask(device, Command(do, ID, CONTRACT, wh, LATER))
        until(lambda: bool(heard))
        take_all(heard)
        return given[seen]

    with flash.running():
        until(lambda: bool(heard))
        assert decode_answer(heard[0].payload).do == "hello"
        take_all(heard)
        device.refresh_from_db()
        key = Keypair.from_raw_ed25519_public_key(bytes(device.public_key))
        assert ask("lock", 4000).do == "refused"
        locked = ask("lock", 1000)
        key.verify(signed_message("lock", CONTRACT, ID, 1000), bytes.fromhex(locked.sig))

        def delivered() -> bool:
            return ask("deliver", 1000).do == "deliver"

        until(delivered, seconds=20)
        key.verify(signed_message("deliver", CONTRACT, ID, 1000), bytes.fromhex(given[-1].sig))
    answered.disconnect(keep)
    assert not Quarantined.objects.exists()


def take_all(heard: list[Message]) -> None:
    taken, heard[:] = list(heard), []
    for message in taken:
        take_answer(message)
