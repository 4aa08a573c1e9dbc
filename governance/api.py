"""Proposals over the API: reading them, drafting, standing behind one, putting it to the vote, voting."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stelltron.core.api import StrictSerializer
from stelltron.members.api import MemberView

from . import drafting, voting
from .models import Ballot, Proposal
from .models.kinds import Kind


class ProposalSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.code", allow_null=True, default=None)

    class Meta:
        model = Proposal
        fields = (
            *("id", "number", "kind", "title", "text", "change", "effective_from", "author", "state", "problem"),
            *("eligible", "yes", "no", "abstain", "quorum_bps", "majority_bps", "snapshot_at", "opens_at", "closes_at"),
            *("ready_at", "executed_at", "description_hash"),
        )


class NewProposalSerializer(StrictSerializer):
    kind = serializers.ChoiceField(choices=Kind.choices)
    title = serializers.CharField(max_length=120)
    text = serializers.CharField(max_length=10_000)
    change = serializers.JSONField(default=dict, help_text='such as {"key": "market.banking_slots", "value": 24}')
    effective_from = serializers.DateTimeField(default=None, allow_null=True, help_text="the beginning of a slot")

    def validate_change(self, value: object) -> object:
        if not isinstance(value, dict):
            raise serializers.ValidationError("an object is needed")
        return value


class VoteSerializer(StrictSerializer):
    choice = serializers.ChoiceField(choices=Ballot.Choice.choices)


class BallotSerializer(serializers.ModelSerializer):
    class Meta:
        model = Ballot
        fields = ("choice", "weight", "state", "problem", "at")


class NewestProposals(CursorPagination):
    ordering = "-id"


class ProposalsView(MemberView, generics.ListAPIView):
    serializer_class = ProposalSerializer
    pagination_class = NewestProposals
    queryset = Proposal.objects.none()

    def get_queryset(self) -> QuerySet:
        return Proposal.objects.filter(community=self.member.community_id).select_related("author")

    @extend_schema(request=NewProposalSerializer, responses={201: ProposalSerializer})
    def post(self, request: Request) -> Response:
        """Write a draft. It goes to the vote once others stand behind it."""
        given = NewProposalSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        proposal = drafting.draft(self.member, **given.validated_data)
        return Response(ProposalSerializer(proposal).data, status=status.HTTP_201_CREATED)


class OneProposalView(MemberView, APIView):
    def proposal(self, pk: str) -> Proposal:
        rows = Proposal.objects.select_related("author", "community__house")
        return get_object_or_404(rows, pk=pk, community=self.member.community_id)


class ProposalView(OneProposalView):
    @extend_schema(responses=ProposalSerializer)
    def get(self, request: Request, pk: str) -> Response:
        return Response(ProposalSerializer(self.proposal(pk)).data)


class SupportProposalView(OneProposalView):
    @extend_schema(request=None, responses=ProposalSerializer)
    def post(self, request: Request, pk: str) -> Response:
        """Stand behind a draft of another member."""
        proposal = self.proposal(pk)
        drafting.stand_behind(proposal, self.member)
        return Response(ProposalSerializer(proposal).data)


class SubmitProposalView(OneProposalView):
    @extend_schema(request=None, responses={202: ProposalSerializer})
    def post(self, request: Request, pk: str) -> Response:
        """Put your draft to the vote, with a managed wallet."""
        proposal = self.proposal(pk)
        drafting.submit(proposal, self.member)
        return Response(ProposalSerializer(proposal).data, status=status.HTTP_202_ACCEPTED)


class VoteView(OneProposalView):
    @extend_schema(request=VoteSerializer, responses={202: BallotSerializer})
    def post(self, request: Request, pk: str) -> Response:
        """Vote with a managed wallet, once and for good. It counts when the chain has it."""
        given = VoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ballot = voting.vote(self.proposal(pk), self.member, given.validated_data["choice"])
        return Response(BallotSerializer(ballot).data, status=status.HTTP_202_ACCEPTED)
