"""Contracts among friends over the API: offer, accept, end, list one's own."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stelltron.core.api import StrictBoolean, StrictInteger, StrictSerializer
from stelltron.core.units import LARGEST_PRICE, LARGEST_WH
from stelltron.members.api import MemberView

from ..models import FriendContract
from . import agreements


class ContractSerializer(serializers.ModelSerializer):
    seller = serializers.CharField(source="seller.code")
    buyer = serializers.CharField(source="buyer.code")
    offered_by = serializers.CharField(source="offered_by.code")
    price_stroops_per_kwh = serializers.IntegerField(source="price")

    class Meta:
        model = FriendContract
        fields = (
            "id",
            "seller",
            "buyer",
            "offered_by",
            "price_stroops_per_kwh",
            "slot_wh",
            "valid_from",
            "valid_until",
            "state",
        )


class NewContractSerializer(StrictSerializer):
    other = serializers.CharField(max_length=40, help_text="the other member's code")
    i_sell = StrictBoolean()
    price_stroops_per_kwh = StrictInteger(source="price", min_value=1, max_value=LARGEST_PRICE)
    slot_wh = StrictInteger(min_value=1, max_value=LARGEST_WH, help_text="most energy in one slot")
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()


class NewestContracts(CursorPagination):
    ordering = "-id"


class ContractsView(MemberView, generics.ListAPIView):
    serializer_class = ContractSerializer
    pagination_class = NewestContracts
    queryset = FriendContract.objects.none()

    def get_queryset(self) -> QuerySet:
        return agreements.contracts_of(self.member)

    @extend_schema(request=NewContractSerializer, responses={201: ContractSerializer})
    def post(self, request: Request) -> Response:
        """Offer a contract to another member; it holds once they accept."""
        given = NewContractSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        contract = agreements.offer_to(self.member, **given.validated_data)
        return Response(ContractSerializer(contract).data, status=status.HTTP_201_CREATED)


class ContractView(MemberView, APIView):
    @extend_schema(responses=ContractSerializer)
    def delete(self, request: Request, pk: str) -> Response:
        """End it, or decline an offer: slots that start from now on do without it."""
        contract = get_object_or_404(agreements.contracts_of(self.member), pk=pk)
        agreements.end_contract(contract, self.member)
        return Response(ContractSerializer(contract).data)


class AcceptContractView(MemberView, APIView):
    @extend_schema(request=None, responses=ContractSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Accept what the other member offered."""
        contract = get_object_or_404(agreements.contracts_of(self.member), pk=pk)
        agreements.accept_contract(contract, self.member)
        return Response(ContractSerializer(contract).data)
