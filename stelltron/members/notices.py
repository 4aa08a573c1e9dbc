"""Telling members: once per matter, live in the portal, by e-mail at once or in a weekly digest, urgent ones by SMS."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.module_loading import import_string

from stelltron.core.errors import Refused
from stelltron.core.live import member_group, send

from .models import Member, Notice, NoticeChoice
from .sms import SmsBackend

logger = logging.getLogger(__name__)
WEEK = timedelta(days=7)
KEPT = timedelta(days=90)
MOST_IN_A_MAIL = 50
# What is worth an SMS: a member has to act, or loses something.
URGENT = (Notice.Kind.MANDATE_EXPIRING, Notice.Kind.CONTRACT, Notice.Kind.OBJECTION)
PHONE = re.compile(r"\+[1-9]\d{6,14}")


def notify(member: Member, kind: str, key: str, text: str) -> None:
    """Tell one member, live; a key they were told of already changes nothing."""
    notify_all([Notice(member=member, kind=kind, key=key, text=text[:300])])
    transaction.on_commit(lambda: send(member_group(member.pk), kind="notice"))


def notify_all(notices: Iterable[Notice]) -> None:
    """Write many at once; portals hear of them with the frame of what they are about."""
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=2000)


def unread(member: Member) -> int:
    return Notice.objects.filter(member=member, read_at=None).count()


def mark_read(member: Member) -> None:
    Notice.objects.filter(member=member, read_at=None).update(read_at=datetime.now(UTC))
    transaction.on_commit(lambda: send(member_group(member.pk), kind="notice"))


def choose(member: Member, *, mail: str, phone: str) -> NoticeChoice:
    """How the member wants to be told. Raises Refused."""
    if phone and not PHONE.fullmatch(phone):
        raise Refused("bad_phone", "write the number with its country, without spaces: +14155550123")
    choice, _ = NoticeChoice.objects.update_or_create(member=member, defaults={"mail": mail, "phone": phone})
    return choice


def send_mails(now: datetime) -> int:
    """Mail everybody who wants it as it happens, and whose oldest unmailed notice is a week old. Returns how many."""
    pending = Notice.objects.filter(member=OuterRef("pk"), mailed_at=None)
    at_once = Q(Exists(pending), notice_choice__mail=NoticeChoice.Mail.AT_ONCE)
    weekly = Q(notice_choice=None) | Q(notice_choice__mail=NoticeChoice.Mail.WEEKLY)
    # An answer that is asked for within days does not wait for the week's mail.
    waits = pending.filter(Q(created_at__lte=now - WEEK) | Q(kind=Notice.Kind.OBJECTION))
    digest = weekly & Q(Exists(waits))
    due = Member.objects.filter(at_once | digest, is_active=True, user__email__isnull=False)
    return sum(_mail(member, now) for member in due.select_related("user", "community"))


def send_texts(now: datetime) -> int:
    """SMS for what is urgent, to those who gave a number. Returns how many were sent."""
    backend = import_string(settings.SMS_BACKEND)()
    urgent = Notice.objects.filter(texted_at=None, kind__in=URGENT, created_at__gt=now - WEEK)
    reachable = urgent.filter(member__notice_choice__phone__gt="").select_related("member__notice_choice")
    done = 0
    for notice in reachable:
        done += _text(notice, backend, now)
    return done


def forget_old(now: datetime) -> int:
    """Notices are reminders, not books: the statement keeps what they were about."""
    return Notice.objects.filter(created_at__lt=now - KEPT).delete()[0]


@transaction.atomic
def _mail(member: Member, now: datetime) -> bool:
    """One mail with everything not mailed yet; it stays due if the mail server does not take it."""
    rows = list(Notice.objects.select_for_update(skip_locked=True).filter(member=member, mailed_at=None))
    if not rows:
        return False
    try:
        send_mail(_subject(member, rows), _body(rows), None, [member.user.email])
    except OSError as problem:
        logger.warning("no mail to member %s: %s", member.code, problem)
        return False
    Notice.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now)
    return True


@transaction.atomic
def _text(notice: Notice, backend: SmsBackend, now: datetime) -> bool:
    unsent = Notice.objects.select_for_update(skip_locked=True).filter(pk=notice.pk, texted_at=None)
    if not unsent.exists():
        return False
    try:
        backend.send(notice.member.notice_choice.phone, notice.text)
    except OSError as problem:
        logger.warning("no SMS to member %s: %s", notice.member_id, problem)
        return False
    Notice.objects.filter(pk=notice.pk).update(texted_at=now)
    return True


def _subject(member: Member, rows: list[Notice]) -> str:
    return f"{member.community}: {rows[0].text}" if len(rows) == 1 else f"{member.community}: {len(rows)} messages"


def _body(rows: list[Notice]) -> str:
    lines = [f"{row.created_at:%Y-%m-%d %H:%M} UTC  {row.text}" for row in rows[:MOST_IN_A_MAIL]]
    if len(rows) > MOST_IN_A_MAIL:
        lines.append(f"… and {len(rows) - MOST_IN_A_MAIL} more in the portal")
    return "\n".join([*lines, "", "How often you are told: your portal, Messages."])
