"""Energy by SMS: paid on the chain, typed at the meter, accounted for when it has a network again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from stellar_sdk import Keypair

from financing.metering import codes
from financing.metering.meter import Meter
from financing.metering.openpaygo import Acceptor, CodeRefused
from financing.metering.reporting import take_report, unaccounted
from financing.models import EnergyCode
from financing.proof import differences
from stelltron.ledger.models import ChainIntent

from .conftest import Village, metered, tell_all

PHONE = "+23276123456"


def test_the_first_kwh_by_sms(village: Village, capsys: pytest.CaptureFixture[str]) -> None:
    made, meter = metered(village)
    village.buy(made, "user", 2500, phone=PHONE)
    assert codes.text_codes() == 1
    assert codes.text_codes() == 0
    sms = capsys.readouterr().err
    assert f"SMS to {PHONE}: 2.5 kWh for meter SL-0001: " in sms
    typed = sms.strip().rsplit(": ", 1)[1]
    assert meter.enter(typed, 0) == 2500
    with pytest.raises(CodeRefused, match="used before"):
        meter.enter(typed, 0)
    assert meter.dispense(1000) == 1000
    assert meter.dispense(9999) == 1500
    assert meter.dispense(1) == 0

    # The meter learns from the first answer whose the code is, and can then write its receipt.
    meter.take(take_report(made.meter, meter.report()))
    assert [receipt.user for receipt in meter.report().dispensed] == [village["user"].wallet.address]
    lost = take_report(made.meter, meter.report())
    # A report that is told twice, because the answer was lost, changes nothing.
    again = take_report(made.meter, meter.report())
    assert (lost.new, again.new) == (1, 0)
    meter.take(again)
    assert not meter.has_news()
    village.chain.settle()
    made = village.fresh(made)
    assert (made.credited, made.dispensed) == (2500, 2500)
    assert EnergyCode.objects.get().used_at is not None
    assert unaccounted(made.meter) == 0
    assert differences(made, village.chain.gateway) == []


def test_a_code_serves_one_meter_only(village: Village) -> None:
    made, _ = metered(village)
    village.buy(made, "user", 1000)
    stranger = Meter(Keypair.random(), made.address, Acceptor(b"another meter's!", 516_959_010), codes.QUANTUM)
    with pytest.raises(CodeRefused, match="not a code of this meter"):
        stranger.enter(EnergyCode.objects.get().code, 0)


def test_what_another_device_signed_is_refused_by_the_contract(village: Village) -> None:
    made, meter = metered(village)
    village.buy(made, "user", 1000)
    meter.enter(EnergyCode.objects.get().code, 0)
    meter.key = Keypair.random()
    meter.dispense(1000)
    tell_all(made, meter)
    village.chain.settle()
    assert "Crypto" in ChainIntent.objects.get(key__contains=":dispense:").problem
    assert village.fresh(made).dispensed == 0
    # Unlocked, and not proved to have been dispensed: staff sees it.
    assert unaccounted(made.meter) == 1000


@pytest.fixture
def gateway(settings: Any) -> Iterator[list[dict]]:
    """An SMS gateway on HTTP that is down for its first message."""
    taken: list[dict] = []
    answers = iter([503])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = next(answers, 202)
            if status == 202:
                taken.append({**said, "auth": self.headers["Authorization"]})
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_BACKEND = "stelltron.members.sms.HttpGatewaySms"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = f"http://127.0.0.1:{server.server_port}/", "secret"
    yield taken
    server.shutdown()
    server.server_close()


def test_a_gateway_that_is_down_gets_the_code_later(village: Village, gateway: list[dict]) -> None:
    made, _ = metered(village)
    village.buy(made, "user", 1000, phone=PHONE)
    assert codes.text_codes() == 0
    assert codes.text_codes() == 1
    code = EnergyCode.objects.get()
    assert gateway == [{"to": PHONE, "text": codes.text_of(code), "auth": "Bearer secret"}]
