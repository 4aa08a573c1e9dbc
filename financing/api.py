"""POST meters/{serial}/report: what a prepaid meter says when it has a network again, signed with its own key."""

from __future__ import annotations

import msgspec
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from stellar_sdk import Keypair
from stellar_sdk.exceptions import BadSignatureError

from .metering.meter import LARGEST_BODY, Report, report_message
from .metering.reporting import take_report
from .models import PrepaidMeter

_decoder = msgspec.json.Decoder(Report)


class PayerSerializer(serializers.Serializer):
    count = serializers.IntegerField()
    user = serializers.CharField(help_text="the address whose credit the code was paid with, for its receipts")


class AnswerSerializer(serializers.Serializer):
    """What was written down, now or before: the meter need not tell it again."""

    counts = serializers.ListField(child=serializers.IntegerField(), help_text="of codes that are noted as used")
    unknown = serializers.ListField(child=serializers.IntegerField(), help_text="of codes that were never issued")
    counter = serializers.IntegerField(help_text="of the last receipt taken; 0: there was none")
    new = serializers.IntegerField(help_text="receipts not seen before, carried to the contract")
    payers = PayerSerializer(many=True)


class MeterReportView(APIView):
    """No session: the signature over the very bytes of the body says who speaks. A report told twice does no harm."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=AnswerSerializer,
        parameters=[OpenApiParameter("X-Meter-Signature", str, OpenApiParameter.HEADER, description="ed25519, hex")],
    )
    def post(self, request: Request, serial: str) -> Response:
        body = request.body
        meter = PrepaidMeter.objects.select_related("generator__community").filter(serial=serial).first()
        if meter is None or not _is_signed(meter, body, request.headers.get("X-Meter-Signature", "")):
            raise PermissionDenied("no meter with this serial and key")
        if len(body) > LARGEST_BODY:
            raise ValidationError({"body": f"send at most {LARGEST_BODY} bytes at a time: the rest in another report"})
        try:
            report = _decoder.decode(body)
        except msgspec.DecodeError as problem:
            raise ValidationError({"body": str(problem)}) from None
        return Response(msgspec.to_builtins(take_report(meter, report)))


def _is_signed(meter: PrepaidMeter, body: bytes, signature: str) -> bool:
    key = Keypair.from_raw_ed25519_public_key(bytes.fromhex(meter.public_key))
    try:
        key.verify(report_message(meter.serial, body), bytes.fromhex(signature))
    except (BadSignatureError, ValueError):
        return False
    return True
