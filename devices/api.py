"""A member's own devices and slot readings."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from stelltron.core.api import StrictSerializer
from stelltron.members.api import OWN_READ, MemberView

from . import services
from .models import Device, SlotReading


class DeviceSerializer(serializers.ModelSerializer):
    metering_point = serializers.CharField(source="point.code", allow_null=True, default=None)
    last_heard_at = serializers.DateTimeField(source="register.received_at", allow_null=True, default=None)
    power_w = serializers.IntegerField(
        source="register.power_w", allow_null=True, default=None, help_text="positive: exporting"
    )

    class Meta:
        model = Device
        fields = ("id", "kind", "state", "is_online", "metering_point", "last_heard_at", "power_w", "registered_at")


class ClaimSerializer(StrictSerializer):
    claim_code = serializers.RegexField(r"^\s*[A-Za-z0-9]{10}\s*$", help_text="from the device's label or QR code")


class ReadingSerializer(serializers.ModelSerializer):
    metering_point = serializers.CharField(source="point.code")

    class Meta:
        model = SlotReading
        fields = ("id", "slot", "metering_point", "exported_wh", "imported_wh", "quality", "state")


class NewestDevices(CursorPagination):
    ordering = ("-registered_at", "id")


class NewestSlots(CursorPagination):
    ordering = ("-slot", "-id")


class DevicesView(MemberView, generics.ListAPIView):
    key_scopes = {"GET": OWN_READ}
    serializer_class = DeviceSerializer
    pagination_class = NewestDevices
    queryset = Device.objects.select_related("register", "point")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(owner=self.member)


class ClaimView(MemberView, generics.GenericAPIView):
    serializer_class = ClaimSerializer

    @extend_schema(responses={201: DeviceSerializer})
    def post(self, request: Request) -> Response:
        """Take the device with this claim code as your meter."""
        given = self.get_serializer(data=request.data)
        given.is_valid(raise_exception=True)
        device = services.claim(given.validated_data["claim_code"], self.member)
        return Response(DeviceSerializer(device).data, status=status.HTTP_201_CREATED)


class ReadingsView(MemberView, generics.ListAPIView):
    key_scopes = {"GET": OWN_READ}
    serializer_class = ReadingSerializer
    pagination_class = NewestSlots
    queryset = SlotReading.objects.select_related("point")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(point__member=self.member)
