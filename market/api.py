"""A member's orders, mandates, trades and statement, and the community's book. Energy in Wh, money in stroops."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from devices.models import MeteringPoint
from stelltron.core.api import StrictBoolean, StrictInteger, StrictSerializer
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH
from stelltron.members.api import MARKET_READ, ORDERS_WRITE, OWN_READ, MemberView

from . import mandates, selectors
from .models import Mandate, Order, StatementLine, Trade
from .spot import desk, orders


class OrderSerializer(serializers.ModelSerializer):
    price_stroops_per_kwh = serializers.IntegerField(source="price")
    trigger_stroops_per_kwh = serializers.IntegerField(source="trigger", allow_null=True)
    metering_point = serializers.CharField(source="point.code")

    class Meta:
        model = Order
        fields = (
            "id",
            "side",
            "kind",
            "force",
            "wh",
            "open_wh",
            "price_stroops_per_kwh",
            "trigger_stroops_per_kwh",
            "metering_point",
            "state",
            "ended_because",
            "placed_at",
            "expires_at",
        )


class NewOrderSerializer(StrictSerializer):
    side = serializers.ChoiceField(choices=Order.Side.choices)
    wh = StrictInteger(min_value=1, max_value=LARGEST_WH)
    kind = serializers.ChoiceField(choices=Order.Kind.choices, default=Order.Kind.LIMIT)
    force = serializers.ChoiceField(choices=Order.Force.choices, default=Order.Force.GTC)
    price_stroops_per_kwh = StrictInteger(
        min_value=1, max_value=LARGEST_PRICE, required=False, help_text="the grid fee included; none at the market"
    )
    trigger_stroops_per_kwh = StrictInteger(
        min_value=1, max_value=LARGEST_PRICE, required=False, help_text="stop orders: the last price that wakes it"
    )
    metering_point = serializers.CharField(
        max_length=60, required=False, help_text="one of your own; the first if omitted"
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class LevelSerializer(serializers.Serializer):
    price_stroops_per_kwh = serializers.IntegerField(source="price")
    wh = serializers.IntegerField()
    orders = serializers.IntegerField()


class BookSerializer(serializers.Serializer):
    asks = LevelSerializer(many=True, help_text="offers to sell, the cheapest first")
    bids = LevelSerializer(many=True, help_text="offers to buy, the dearest first")


class TradeSerializer(serializers.ModelSerializer):
    role = serializers.SerializerMethodField()
    price_stroops_per_kwh = serializers.IntegerField(source="price")
    amount_stroops = serializers.IntegerField(source="amount", help_text="what the seller gets")
    grid_fee_stroops = serializers.IntegerField(source="fee_amount", help_text="what the buyer pays on top")
    transaction_hash = serializers.CharField(source="intent.transaction_id", allow_null=True, default=None)

    class Meta:
        model = Trade
        fields = (
            "id",
            "venue",
            "slot",
            "role",
            "wh",
            "price_stroops_per_kwh",
            "amount_stroops",
            "grid_fee_stroops",
            "state",
            "matched_at",
            "transaction_hash",
        )

    def get_role(self, trade: Trade) -> str:
        """BUYER or SELLER."""
        return "BUYER" if trade.buyer_id == self.context["view"].member.pk else "SELLER"


class LineSerializer(serializers.ModelSerializer):
    price_stroops_per_kwh = serializers.IntegerField(source="price")
    amount_stroops = serializers.IntegerField(source="amount", help_text="negative: you pay")
    transaction_hash = serializers.SerializerMethodField()

    class Meta:
        model = StatementLine
        fields = ("id", "slot", "kind", "wh", "price_stroops_per_kwh", "amount_stroops", "transaction_hash")

    def get_transaction_hash(self, line: StatementLine) -> str | None:
        """What settled it on Stellar; null until it is sent."""
        source = line.run or line.trade
        return source.intent.transaction_id if source and source.intent else None


class MandateSerializer(serializers.ModelSerializer):
    sell_at_least_stroops_per_kwh = serializers.IntegerField(source="sell_at_least")
    buy_at_most_stroops_per_kwh = serializers.IntegerField(source="buy_at_most")

    class Meta:
        model = Mandate
        fields = (
            "id",
            "sells",
            "buys",
            "sell_at_least_stroops_per_kwh",
            "buy_at_most_stroops_per_kwh",
            "slot_wh",
            "day_wh",
            "valid_from",
            "valid_until",
            "state",
            "created_at",
        )


class NewMandateSerializer(StrictSerializer):
    sells = StrictBoolean(default=True)
    buys = StrictBoolean(default=True)
    sell_at_least_stroops_per_kwh = StrictInteger(source="sell_at_least", min_value=0, max_value=LARGEST_PRICE)
    buy_at_most_stroops_per_kwh = StrictInteger(source="buy_at_most", min_value=0, max_value=LARGEST_PRICE)
    slot_wh = StrictInteger(min_value=1, max_value=LARGEST_PRICE)
    day_wh = StrictInteger(min_value=1, max_value=LARGEST_PRICE)
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()


class NewestOrders(CursorPagination):
    ordering = "-arrival"


class NewestById(CursorPagination):
    """Ids sort by time."""

    ordering = "-id"


class NewestSlots(CursorPagination):
    ordering = ("-slot", "-id")


class OrdersView(MemberView, generics.ListAPIView):
    key_scopes = {"GET": OWN_READ, "POST": ORDERS_WRITE}
    serializer_class = OrderSerializer
    pagination_class = NewestOrders
    queryset = Order.objects.select_related("point")
    filterset_fields = ("side", "state")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(member=self.member)

    @extend_schema(request=NewOrderSerializer, responses={201: OrderSerializer})
    def post(self, request: Request) -> Response:
        """Place an order; it is matched at once as far as the book allows."""
        given = NewOrderSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        terms = given.validated_data
        order = desk.place_order(
            self.member,
            side=terms["side"],
            kind=terms["kind"],
            force=terms["force"],
            wh=terms["wh"],
            price=terms.get("price_stroops_per_kwh"),
            trigger=terms.get("trigger_stroops_per_kwh"),
            point=self._point(terms.get("metering_point")),
            expires_at=terms.get("expires_at"),
        )
        return Response(OrderSerializer(order).data, status=status.HTTP_201_CREATED)

    def _point(self, code: str | None) -> MeteringPoint | None:
        if code is None:
            return None
        return generics.get_object_or_404(MeteringPoint, member=self.member, code=code)


class OrderView(MemberView, generics.GenericAPIView):
    key_scopes = {"GET": OWN_READ, "DELETE": ORDERS_WRITE}
    serializer_class = OrderSerializer
    queryset = Order.objects.select_related("point", "community", "member__user")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(member=self.member)

    def get(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(responses=OrderSerializer)
    def delete(self, request: Request, pk: str) -> Response:
        """Cancel what is still open of it."""
        return Response(self.get_serializer(orders.cancel_order(self.get_object(), self.member)).data)


class BookView(MemberView, APIView):
    key_scopes = {"GET": MARKET_READ}

    @extend_schema(responses=BookSerializer)
    def get(self, request: Request) -> Response:
        """The community's spot book: open energy per price."""
        community = self.member.community
        sides = {
            "asks": selectors.book_levels(community, Order.Side.SELL),
            "bids": selectors.book_levels(community, Order.Side.BUY),
        }
        return Response(BookSerializer(sides).data)


class TradesView(MemberView, generics.ListAPIView):
    key_scopes = {"GET": OWN_READ}
    serializer_class = TradeSerializer
    pagination_class = NewestById
    queryset = Trade.objects.none()
    filterset_fields = ("venue", "state")

    def get_queryset(self) -> QuerySet:
        return selectors.trades_of(self.member)


class StatementView(MemberView, generics.ListAPIView):
    key_scopes = {"GET": OWN_READ}
    serializer_class = LineSerializer
    pagination_class = NewestSlots
    queryset = StatementLine.objects.none()
    filterset_fields = ("kind",)

    @extend_schema(parameters=[OpenApiParameter("month", str, description="YYYY-MM in the community's own calendar")])
    def get(self, request: Request) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet:
        try:
            return selectors.statement_of(self.member, self.request.query_params.get("month"))
        except (ValueError, OverflowError):
            raise ValidationError({"month": ["give a month as YYYY-MM"]}) from None


class MandatesView(MemberView, generics.ListAPIView):
    serializer_class = MandateSerializer
    pagination_class = NewestById
    queryset = Mandate.objects.all()

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(member=self.member)

    @extend_schema(request=NewMandateSerializer, responses={201: MandateSerializer})
    def post(self, request: Request) -> Response:
        """Give a standing approval; it is ACTIVE once the chain confirms it, and replaces the one before."""
        given = NewMandateSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        mandate = mandates.give_mandate(self.member, **given.validated_data, actor=request.user)
        return Response(MandateSerializer(mandate).data, status=status.HTTP_201_CREATED)
