"""Who may use the API: members, each for themselves."""

from __future__ import annotations

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


class MemberView:
    """Mixed into every view: the caller's own member, JSON only."""

    permission_classes = (IsAuthenticated, IsMember)
    parser_classes = (StrictJSONParser,)
    request: Request

    @property
    def member(self) -> Member:
        return self.request.user.member
