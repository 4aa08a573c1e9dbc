"""The office's pages of the bank: a statement uploaded, a file released and exported, by those who may."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from stelltron.bank import matching
from stelltron.bank.models import BankLine, BankStatement, PaymentFile
from stelltron.members.models import User
from stelltron.members.services import make_staff

from .conftest import Bank
from .files import MIKE, Move, camt


def office(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, bank: Bank, content: bytes):
    page = reverse("admin:bank_bankaccount_import_statement", args=[bank.account.pk])
    return client.post(page, {"file": SimpleUploadedFile("s.xml", content), "reason": "daily"})


def test_a_statement_is_uploaded_and_a_bad_one_explained(bank: Bank) -> None:
    client = office(bank.first)
    assert (
        "multipart/form-data"
        in client.get(reverse("admin:bank_bankaccount_import_statement", args=[bank.account.pk])).content.decode()
    )
    assert upload(client, bank, camt("S-1", 0, [Move(100)])).status_code == 302
    assert BankStatement.objects.get().imported_by == bank.first
    answer = upload(client, bank, b"<nonsense")
    assert "not a well-formed XML file" in answer.content.decode()
    clerk = make_staff("clerk@co-op.example", "correct horse", "Co-op staff")
    assert upload(office(clerk), bank, camt("S-2", 100, [Move(100)])).status_code == 403


@pytest.mark.parametrize("form", ["as_pain001", "as_csv"])
def test_a_file_is_exported_once_a_second_person_released_it(bank: Bank, form: str) -> None:
    bank.statement(Move(4200, iban=MIKE, name="=HYPERLINK(1)"))
    matching.send_back(BankLine.objects.get(), actor=bank.first, reason="nobody's")
    first, second = office(bank.first), office(bank.second)
    first.post(reverse("admin:bank_bankaccount_prepare_payments", args=[bank.account.pk]), {"reason": "run"})
    file = PaymentFile.objects.get()
    export = reverse(f"admin:bank_paymentfile_{form}", args=[file.pk])
    assert first.get(export).status_code == 409
    release = reverse("admin:bank_paymentfile_release", args=[file.pk])
    assert "somebody else has to release" in first.post(release, {"reason": "me"}).content.decode()
    assert second.post(release, {"reason": "compared"}).status_code == 302
    content = first.get(export).content.decode()
    assert MIKE in content and "42.00" in content
    assert "\n=HYPERLINK" not in content
