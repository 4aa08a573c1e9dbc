"""GET me: who the caller is, and what they can spend."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stelltron.core.models import Community
from stelltron.members.api import OWN_READ, MemberView
from stelltron.members.models import Member, Wallet

from .models import Asset, Holding


class CommunitySerializer(serializers.ModelSerializer):
    now = serializers.DateTimeField(help_text="the community's own clock")

    class Meta:
        model = Community
        fields = ("slug", "name", "currency", "time_zone", "slot_minutes", "now", "is_demo")


class MeSerializer(serializers.ModelSerializer):
    community = CommunitySerializer()
    stellar_account = serializers.CharField(source="wallet.address")
    wallet_kind = serializers.ChoiceField(source="wallet.kind", choices=Wallet.Kind.choices)
    available_stroops = serializers.IntegerField(help_text="WATT free to spend")
    held_stroops = serializers.IntegerField(help_text="WATT set aside for open orders")
    available_wh = serializers.IntegerField(help_text="KWH free to sell")
    held_wh = serializers.IntegerField(help_text="KWH set aside for open orders")

    class Meta:
        model = Member
        fields = (
            "id",
            "code",
            "name",
            "kind",
            "kyc",
            "community",
            "stellar_account",
            "wallet_kind",
            "available_stroops",
            "held_stroops",
            "available_wh",
            "held_wh",
        )


class MeView(MemberView, APIView):
    key_scopes = {"GET": OWN_READ}

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        member = Member.objects.select_related("community", "wallet").get(pk=self.member.pk)
        holdings = {holding.asset: holding for holding in Holding.objects.filter(member=member)}
        for asset, unit in ((Asset.WATT, "stroops"), (Asset.KWH, "wh")):
            holding = holdings.get(asset)
            setattr(member, f"available_{unit}", holding.available if holding else 0)
            setattr(member, f"held_{unit}", holding.held if holding else 0)
        return Response(MeSerializer(member).data)
