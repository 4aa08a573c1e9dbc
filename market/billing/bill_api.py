"""A member's monthly documents."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from stelltron.members.api import MemberView

from ..api import NewestById
from ..models import Bill, BillLine
from . import bill_files, bills


class BillLineSerializer(serializers.ModelSerializer):
    amount_stroops = serializers.IntegerField(source="amount")

    class Meta:
        model = BillLine
        fields = ("kind", "wh", "amount_stroops")


class BillSerializer(serializers.ModelSerializer):
    number = serializers.CharField()
    month = serializers.DateField(format="%Y-%m")
    corrects = serializers.CharField(source="original.number", default=None)
    total_stroops = serializers.IntegerField(source="total")
    disputed_stroops = serializers.IntegerField(source="disputed")
    lines = BillLineSerializer(many=True)

    class Meta:
        model = Bill
        fields = (
            "id",
            "number",
            "kind",
            "month",
            "corrects",
            "total_stroops",
            "disputed_stroops",
            "issued_at",
            "posted_at",
            "lines",
        )


class BillsView(MemberView, generics.ListAPIView):
    serializer_class = BillSerializer
    pagination_class = NewestById
    queryset = Bill.objects.none()
    filterset_fields = ("kind",)

    def get_queryset(self) -> QuerySet:
        return bills.posted_bills(self.member).prefetch_related("lines")


class AnyAnswer(DefaultContentNegotiation):
    """The address says whether it is a PDF or CSV, whatever the caller accepts."""

    def select_renderer(self, request: Request, renderers: list, format_suffix: str | None = None) -> tuple:
        return renderers[0], renderers[0].media_type


class BillFileView(MemberView, APIView):
    content_negotiation_class = AnyAnswer

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY, (200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, pk: int, form: str) -> HttpResponse:
        """One document; ``form`` is pdf or csv."""
        return bill_files.answer(generics.get_object_or_404(bills.posted_bills(self.member), pk=pk), form)
