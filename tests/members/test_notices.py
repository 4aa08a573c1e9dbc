"""Members are told once per matter: in the portal, by mail at once or weekly, urgent ones by SMS."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail

from stelltron.core.errors import Refused
from stelltron.members import notices
from stelltron.members.models import Member, Notice, NoticeChoice

Kind = Notice.Kind


@pytest.fixture
def maria(new_member: Callable[..., Member]) -> Member:
    return new_member("maria", email="maria@co-op.example")


def tell(member: Member, number: int = 1, kind: str = Kind.ORDER_ENDED) -> None:
    notices.notify(member, kind, f"matter:{number}", f"Matter {number}")


def test_nobody_is_told_of_the_same_matter_twice(maria: Member) -> None:
    tell(maria)
    tell(maria)
    assert notices.unread(maria) == 1
    notices.mark_read(maria)
    assert notices.unread(maria) == 0


def test_a_week_of_matters_comes_in_one_mail(maria: Member) -> None:
    now = datetime.now(UTC)
    for number in range(3):
        tell(maria, number)
    assert notices.send_mails(now + timedelta(days=6)) == 0
    assert notices.send_mails(now + timedelta(days=7, minutes=1)) == 1
    assert notices.send_mails(now + timedelta(days=15)) == 0
    assert [(sent.to, sent.subject) for sent in mail.outbox] == [(["maria@co-op.example"], "Test Co-op: 3 messages")]
    assert all(f"Matter {number}" in mail.outbox[0].body for number in range(3))


@pytest.mark.parametrize(("choice", "mails"), [("AT_ONCE", 1), ("WEEKLY", 0), ("NEVER", 0)])
def test_mail_comes_as_it_was_chosen(maria: Member, choice: str, mails: int) -> None:
    notices.choose(maria, mail=choice, phone="")
    tell(maria)
    assert notices.send_mails(datetime.now(UTC)) == len(mail.outbox) == mails


def test_a_mail_that_is_not_taken_stays_due(maria: Member, settings) -> None:
    notices.choose(maria, mail=NoticeChoice.Mail.AT_ONCE, phone="")
    tell(maria)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert notices.send_mails(datetime.now(UTC)) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert notices.send_mails(datetime.now(UTC)) == 1


class Gateway(HTTPServer):
    """A real HTTP gateway that answers as told."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict, str]] = []
        self.answer = 503
        super().__init__(("127.0.0.1", 0), self.Handler)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.server.taken.append((body, self.headers["Authorization"]))
            self.send_response(self.server.answer)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass


def test_urgent_matters_go_to_the_sms_gateway_until_it_takes_them(maria: Member, settings) -> None:
    gateway = Gateway()
    threading.Thread(target=gateway.serve_forever, daemon=True).start()
    settings.SMS_BACKEND = "stelltron.members.sms.HttpGatewaySms"
    settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_TOKEN = f"http://127.0.0.1:{gateway.server_port}/", "secret"
    notices.choose(maria, mail=NoticeChoice.Mail.NEVER, phone="+14155550123")
    tell(maria, 1, Kind.MANDATE_EXPIRING)
    tell(maria, 2, Kind.TRADES_SETTLED)
    assert notices.send_texts(datetime.now(UTC)) == 0
    gateway.answer = 202
    assert notices.send_texts(datetime.now(UTC)) == 1
    assert notices.send_texts(datetime.now(UTC)) == 0
    gateway.shutdown()
    gateway.server_close()
    assert gateway.taken == [({"to": "+14155550123", "text": "Matter 1"}, "Bearer secret")] * 2


def test_without_a_gateway_an_sms_is_written_to_the_log(maria: Member, capsys) -> None:
    notices.choose(maria, mail=NoticeChoice.Mail.NEVER, phone="+14155550123")
    tell(maria, 1, Kind.CONTRACT)
    assert notices.send_texts(datetime.now(UTC)) == 1
    assert "SMS to +14155550123: Matter 1" in capsys.readouterr().err


@pytest.mark.parametrize("phone", ["0171 5550123", "+0123456789", "tomorrow", "+1"])
def test_a_number_without_its_country_is_refused(maria: Member, phone: str) -> None:
    with pytest.raises(Refused, match="with its country"):
        notices.choose(maria, mail=NoticeChoice.Mail.WEEKLY, phone=phone)


def test_old_notices_are_forgotten(maria: Member) -> None:
    tell(maria)
    now = datetime.now(UTC)
    assert (notices.forget_old(now + timedelta(days=89)), notices.forget_old(now + timedelta(days=91))) == (0, 1)
