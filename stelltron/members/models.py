from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from stellar_sdk import Keypair

from stelltron.core.ids import uuid7
from stelltron.core.models import Community

from .secrets import decrypt


class EmailUserManager(UserManager):
    """Signs in by e-mail, in lower case; wallet users have none and no password."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str | None:  # type: ignore[override]
        """Also called by forms (User.clean). None for an empty one, as several users may have none."""
        return email.strip().lower() if email else None

    def get_by_natural_key(self, username: str | None) -> User:  # type: ignore[override]
        return super().get_by_natural_key(self.normalize_email(username))

    def create_user(self, email: str | None = None, password: str | None = None, **fields) -> User:  # type: ignore[override]
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password) if password else user.set_unusable_password()
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> User:  # type: ignore[override]
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """Somebody who signs in: with an e-mail and password, or with a Stellar wallet."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail", unique=True, null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = EmailUserManager()  # type: ignore[misc]

    def __str__(self) -> str:
        return self.email or self.get_full_name() or f"wallet user {self.pk}"


class Member(models.Model):
    """A member of one community. Producing, consuming and financing are capabilities, not kinds."""

    class Kind(models.TextChoices):
        PERSON = "PERSON", "person"
        COMPANY = "COMPANY", "company"
        INSTITUTION = "INSTITUTION", "institution"
        COMMUNITY = "COMMUNITY", "the community itself"

    class Kyc(models.TextChoices):
        NONE = "NONE", "not started"
        PENDING = "PENDING", "in review"
        APPROVED = "APPROVED", "approved"
        REJECTED = "REJECTED", "rejected"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    community = models.ForeignKey(Community, on_delete=models.PROTECT, related_name="members")
    user = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="member")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PERSON)
    name = models.CharField(max_length=120)
    code = models.CharField(max_length=40, help_text="the co-op's own number for this member")
    kyc = models.CharField("KYC", max_length=10, choices=Kyc, default=Kyc.NONE)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["community", "code"], name="one_member_per_code_and_community")]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class Wallet(models.Model):
    """The member's own Stellar account, or contract account: the co-op keeps the key only where the member asked it to."""

    class Kind(models.TextChoices):
        MANAGED = "MANAGED", "managed by the co-op"
        EXTERNAL = "EXTERNAL", "the member's own"

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="wallet")
    kind = models.CharField(max_length=8, choices=Kind)
    address = models.CharField(max_length=56, unique=True)
    given_up = models.JSONField(
        default=list,
        blank=True,
        help_text="addresses it had before: nobody gets them again, they are off the allowlist",
    )
    secret = models.BinaryField(null=True, blank=True, editable=False, help_text="encrypted; managed wallets only")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="MANAGED", secret__isnull=False)
                | models.Q(kind="EXTERNAL", secret__isnull=True),
                name="only_managed_wallets_hold_a_secret",
            )
        ]

    def __str__(self) -> str:
        return f"{self.address[:4]}…{self.address[-4:]}"

    @property
    def is_contract(self) -> bool:
        return self.address.startswith("C")

    def keypair(self) -> Keypair:
        """The signing key of a managed wallet. Raises ValueError for an external one."""
        if self.secret is None:
            raise ValueError("the key of an external wallet is the member's alone")
        return Keypair.from_raw_ed25519_seed(decrypt(self.secret))


class SpentChallenge(models.Model):
    """A sign-in challenge answered once; the same signature never signs in twice."""

    hash = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)


class Notice(models.Model):
    """Something a member should know: in the portal at once, by e-mail and SMS as they chose."""

    class Kind(models.TextChoices):
        TRADES_SETTLED = "TRADES_SETTLED", "trades settled"
        TRADES_UNDONE = "TRADES_UNDONE", "trades undone"
        ORDER_ENDED = "ORDER_ENDED", "order ended"
        MANDATE_EXPIRING = "MANDATE_EXPIRING", "mandate expiring"
        CONTRACT = "CONTRACT", "contract with a friend"
        STATEMENT_READY = "STATEMENT_READY", "statement ready"
        FINANCING = "FINANCING", "generators and their funding"
        OBJECTION = "OBJECTION", "announced, unless you object"
        PROPOSAL = "PROPOSAL", "proposals and votes"
        BANK = "BANK", "payments from and to the bank"

    id = models.BigAutoField(primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=16, choices=Kind)
    key = models.CharField(max_length=80, help_text="what it is about: nobody is told of it twice")
    text = models.CharField(max_length=300)
    transaction_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    texted_at = models.DateTimeField(null=True, blank=True, help_text="sent as an SMS")

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="told_once")]
        indexes = [models.Index(fields=["member"], condition=models.Q(read_at=None), name="notice_unread")]

    def __str__(self) -> str:
        return self.text


class NoticeChoice(models.Model):
    """How a member wants to be told outside the portal; without a row: a digest a week."""

    class Mail(models.TextChoices):
        WEEKLY = "WEEKLY", "one a week"
        AT_ONCE = "AT_ONCE", "as it happens"
        NEVER = "NEVER", "never"

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="notice_choice")
    mail = models.CharField(max_length=7, choices=Mail, default=Mail.WEEKLY)
    phone = models.CharField(max_length=20, blank=True, help_text="for what cannot wait; empty: no SMS")

    def __str__(self) -> str:
        return f"{self.member_id}: {self.get_mail_display()}"
