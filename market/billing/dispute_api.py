"""A member's disputes."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from stelltron.core.api import StrictSerializer
from stelltron.members.api import MemberView

from ..api import NewestById
from ..models import Dispute, StatementLine
from .disputes import LONGEST_TEXT, open_dispute


class DisputeSerializer(serializers.ModelSerializer):
    line = serializers.IntegerField(source="line_id")
    amount_stroops = serializers.IntegerField(source="line.amount")
    correction_stroops = serializers.IntegerField(source="correction_line.amount", default=None)

    class Meta:
        model = Dispute
        fields = (
            "id",
            "line",
            "amount_stroops",
            "text",
            "evidence",
            "state",
            "reason",
            "correction_stroops",
            "opened_at",
            "decided_at",
        )

    def to_representation(self, dispute: Dispute) -> dict:
        shown = super().to_representation(dispute)
        # What one person proposes is not the co-op's answer yet.
        return shown if dispute.decided_at else {**shown, "reason": ""}


class NewDisputeSerializer(StrictSerializer):
    line = serializers.IntegerField(min_value=1)
    text = serializers.CharField(max_length=LONGEST_TEXT)


class DisputesView(MemberView, generics.ListAPIView):
    serializer_class = DisputeSerializer
    pagination_class = NewestById
    queryset = Dispute.objects.none()
    filterset_fields = ("state",)

    def get_queryset(self) -> QuerySet:
        return Dispute.objects.filter(member=self.member).select_related("line", "correction_line")

    @extend_schema(request=NewDisputeSerializer, responses={201: DisputeSerializer})
    def post(self, request: Request) -> Response:
        """Object to one line: its amount is frozen until two of the staff have decided."""
        given = NewDisputeSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        line = generics.get_object_or_404(StatementLine, pk=given.validated_data["line"], member=self.member)
        dispute = open_dispute(line, self.member, given.validated_data["text"])
        return Response(DisputeSerializer(dispute).data, status=status.HTTP_201_CREATED)
