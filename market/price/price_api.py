"""The dynamic reference price and its history over the API."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import generics, serializers
from rest_framework.pagination import CursorPagination

from stelltron.members.api import MARKET_READ, MemberView

from ..models import PriceQuote


class PriceQuoteSerializer(serializers.ModelSerializer):
    price_stroops_per_kwh = serializers.IntegerField(source="price")
    target_stroops_per_kwh = serializers.IntegerField(source="target", help_text="before smoothing")

    class Meta:
        model = PriceQuote
        fields = (
            "slot",
            "price_stroops_per_kwh",
            "target_stroops_per_kwh",
            "supply_wh",
            "demand_wh",
            "charge_bp",
            "delivered",
            "agreed",
            "voltage_bp",
            "battery_bp",
            "supply_demand",
            "charge",
            "distance",
            "time",
            "reliability",
            "season",
            "multiplier",
            "clamped",
            "parameters",
            "versions",
        )


class NewestQuotes(CursorPagination):
    ordering = "-slot"


class PriceQuotesView(MemberView, generics.ListAPIView):
    key_scopes = {"GET": MARKET_READ}
    serializer_class = PriceQuoteSerializer
    pagination_class = NewestQuotes
    queryset = PriceQuote.objects.all()

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(community=self.member.community)
