"""Keys at rest: encrypted with the instance's field keys (the first encrypts, all decrypt)."""

from __future__ import annotations

from functools import cache

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


@cache
def _fernet() -> MultiFernet:
    if not settings.FIELD_ENCRYPTION_KEYS:
        raise ImproperlyConfigured("set FIELD_ENCRYPTION_KEY: 32 bytes, URL-safe base64")
    return MultiFernet([Fernet(key) for key in settings.FIELD_ENCRYPTION_KEYS])


def encrypt(secret: bytes) -> bytes:
    return _fernet().encrypt(secret)


def decrypt(token: bytes) -> bytes:
    return _fernet().decrypt(bytes(token))
