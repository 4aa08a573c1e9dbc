"""The API's door for applications with a licence key: ``Authorization: Bearer stelltron_…``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

    from governance.models import LicenceKey
    from stelltron.members.models import User


class LicenceKeyAuthentication(BaseAuthentication):
    """The member the key belongs to; the key itself is ``request.auth``, whose scopes MemberView checks."""

    def authenticate(self, request: Request) -> tuple[User, LicenceKey] | None:
        # The framework's views name this class while they load, and so do the modules that this needs.
        from . import licences

        kind, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        key = licences.find(secret.strip())
        if key is None or key.member.user is None or not key.member.user.is_active:
            raise AuthenticationFailed("this key is not known, or was revoked: ask its owner for another", "bad_key")
        if not licences.is_licensed(key.member):
            raise AuthenticationFailed(
                "the key's owner has less GRID at stake than a licence takes: it works again with the stake",
                "no_licence",
            )
        licences.note_use(key)
        return key.member.user, key


class LicenceKeyThrottle(SimpleRateThrottle):
    """So many requests for each key; members in their own browser are not counted."""

    scope = "licence-key"
    rate = "120/min"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"licence-key:{request.auth.pk}" if request.auth else None


class LicenceKeyScheme(OpenApiAuthenticationExtension):
    target_class = LicenceKeyAuthentication
    name = "licenceKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        said = "A member with a licence stake issues it on the page GRID. Scopes: own:read, market:read, orders:write."
        return {"type": "http", "scheme": "bearer", "description": said}
