"""Stored energy sold ahead, over the API: what is on offer, offering, taking back, buying, and one's own trades."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stelltron.core.api import StrictInteger, StrictSerializer
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH
from stelltron.members.api import MemberView

from ..models import LockedTrade, StoredOffer
from . import sales


class StoredOfferSerializer(serializers.ModelSerializer):
    seller = serializers.CharField(source="seller.code")
    price_stroops_per_kwh = serializers.IntegerField(source="price")

    class Meta:
        model = StoredOffer
        fields = ("id", "seller", "wh", "open_wh", "price_stroops_per_kwh", "deliver_by", "state", "offered_at")


class NewStoredOfferSerializer(StrictSerializer):
    wh = StrictInteger(min_value=1, max_value=LARGEST_WH)
    price_stroops_per_kwh = StrictInteger(source="price", min_value=1, max_value=LARGEST_PRICE)
    deliver_by = serializers.DateTimeField(help_text="rounded down to the end of a slot")


class BuyStoredSerializer(StrictSerializer):
    wh = StrictInteger(min_value=1, max_value=LARGEST_WH, help_text="all of the offer or a part")


class LockedTradeSerializer(serializers.ModelSerializer):
    id = serializers.UUIDField(source="trade_id")
    role = serializers.SerializerMethodField()
    other = serializers.SerializerMethodField()
    wh = serializers.IntegerField(source="trade.wh")
    price_stroops_per_kwh = serializers.IntegerField(source="trade.price")
    amount_stroops = serializers.IntegerField(source="trade.amount", help_text="for all of it; less is paid for less")
    state = serializers.CharField(source="trade.state")
    transaction_hash = serializers.CharField(source="trade.intent.transaction_id", allow_null=True, default=None)

    class Meta:
        model = LockedTrade
        fields = (
            "id",
            "role",
            "other",
            "wh",
            "price_stroops_per_kwh",
            "amount_stroops",
            "delivered_wh",
            "deliver_by",
            "state",
            "problem",
            "transaction_hash",
        )

    def get_role(self, locked: LockedTrade) -> str:
        """BUYER or SELLER."""
        return "BUYER" if locked.trade.buyer_id == self.context["view"].member.pk else "SELLER"

    def get_other(self, locked: LockedTrade) -> str:
        """The other member's code."""
        trade = locked.trade
        return (trade.seller if trade.buyer_id == self.context["view"].member.pk else trade.buyer).code


class CheapestOffers(CursorPagination):
    ordering = ("price", "id")


class NewestLocks(CursorPagination):
    ordering = "-trade_id"


class StoredOffersView(MemberView, generics.ListAPIView):
    serializer_class = StoredOfferSerializer
    pagination_class = CheapestOffers
    queryset = StoredOffer.objects.none()

    def get_queryset(self) -> QuerySet:
        return sales.open_offers(self.member.community)

    @extend_schema(request=NewStoredOfferSerializer, responses={201: StoredOfferSerializer})
    def post(self, request: Request) -> Response:
        """Offer energy that lies in your battery. It stays yours until somebody buys it."""
        given = NewStoredOfferSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        offer = sales.offer_stored(self.member, **given.validated_data)
        return Response(StoredOfferSerializer(offer).data, status=status.HTTP_201_CREATED)


class StoredOfferView(MemberView, APIView):
    @extend_schema(responses=StoredOfferSerializer)
    def delete(self, request: Request, pk: str) -> Response:
        """Take back what is not sold; what is sold stays sold."""
        offer = get_object_or_404(StoredOffer, pk=pk, seller=self.member)
        sales.end_offer(offer, self.member)
        return Response(StoredOfferSerializer(offer).data)


class BuyStoredView(MemberView, generics.GenericAPIView):
    serializer_class = LockedTradeSerializer

    @extend_schema(request=BuyStoredSerializer, responses={201: LockedTradeSerializer})
    def post(self, request: Request, pk: str) -> Response:
        """Buy of an offer. Your money waits until the battery has locked the energy, and is paid as it delivers."""
        given = BuyStoredSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        locked = sales.buy_stored(pk, self.member, given.validated_data["wh"])
        return Response(self.get_serializer(locked).data, status=status.HTTP_201_CREATED)


class LockedTradesView(MemberView, generics.ListAPIView):
    serializer_class = LockedTradeSerializer
    pagination_class = NewestLocks
    queryset = LockedTrade.objects.select_related("trade__buyer", "trade__seller", "trade__intent")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(Q(trade__buyer=self.member) | Q(trade__seller=self.member))
