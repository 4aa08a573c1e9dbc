"""A member's and the community's figures over the API."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stelltron.members.api import MemberView

from . import analytics

MOST_DAYS = 3660


class FiguresSerializer(serializers.Serializer):
    """Energy in Wh, money in stroops, CO2 in mg, shares in basis points."""

    days = serializers.IntegerField(help_text="days with data")
    exported_wh = serializers.IntegerField()
    imported_wh = serializers.IntegerField()
    sold_wh = serializers.IntegerField()
    earned_stroops = serializers.IntegerField(source="earned")
    bought_wh = serializers.IntegerField()
    paid_stroops = serializers.IntegerField(source="paid")
    grid_fees_stroops = serializers.IntegerField(source="fees")
    fed_in_wh = serializers.IntegerField(help_text="to the utility")
    drawn_wh = serializers.IntegerField(help_text="from the utility")
    net_stroops = serializers.IntegerField(source="net", help_text="sum of the statement's lines; negative: you pay")
    utility_bill_stroops = serializers.IntegerField(source="utility_bill", help_text="at the utility alone")
    saved_stroops = serializers.IntegerField(source="saved")
    saved_bp = serializers.IntegerField(allow_null=True, help_text="of the bill at the utility alone")
    self_sufficiency_bp = serializers.IntegerField(allow_null=True, help_text="of imported_wh")
    self_consumption_bp = serializers.IntegerField(allow_null=True, help_text="of exported_wh")
    co2_mg = serializers.IntegerField()


class BothFiguresSerializer(serializers.Serializer):
    member = FiguresSerializer()
    community = FiguresSerializer()


class FiguresView(MemberView, APIView):
    @extend_schema(
        parameters=[OpenApiParameter("days", int, description="how far back, today included; 30 if omitted")],
        responses=BothFiguresSerializer,
    )
    def get(self, request: Request) -> Response:
        days = request.query_params.get("days", "30")
        if not days.isdecimal() or len(days) > 4 or not 1 <= int(days) <= MOST_DAYS:
            raise ValidationError({"days": [f"give a number of days from 1 to {MOST_DAYS}"]})
        figures = {
            "member": analytics.figures_of(self.member, int(days)),
            "community": analytics.figures_of_community(self.member.community, int(days)),
        }
        return Response(BothFiguresSerializer(figures).data)
