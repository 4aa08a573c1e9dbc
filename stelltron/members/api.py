"""Who may use the API: members, each for themselves."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from stelltron.core.api import StrictJSONParser

from .models import Member


class IsMember(BasePermission):
    message = "this account belongs to no member of a community: ask the co-op to connect it"
    code = "no_member"

    def has_permission(self, request: Request, view: APIView) -> bool:
        member = getattr(request.user, "member", None)
        return member is not None and member.is_active


OWN_READ, MARKET_READ, ORDERS_WRITE = "own:read", "market:read", "orders:write"
SCOPES = {
    OWN_READ: "read your figures: orders, trades, statement, readings, devices",
    MARKET_READ: "read the market: its book and its prices",
    ORDERS_WRITE: "place and cancel orders for you",
}


class InScope(BasePermission):
    """A member's own session may do everything; an application's key only what its view names."""

    message = "this key is not for that: its owner can issue another one with the scope"
    code = "out_of_scope"

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return True
        scope = getattr(view, "key_scopes", {}).get(request.method)
        return scope is not None and scope in request.auth.scopes


class MemberView:
    """Mixed into every view: the caller's own member, JSON only."""

    permission_classes = (IsAuthenticated, IsMember, InScope)
    parser_classes = (StrictJSONParser,)
    # Method -> scope that an application's key needs; what is not named is for members themselves.
    key_scopes: ClassVar[dict[str, str]] = {}
    request: Request

    @property
    def member(self) -> Member:
        return self.request.user.member
