from django.urls import path

from .consumers import MemberSocket, OfficeSocket

websocket_urlpatterns = [
    path("ws/live", MemberSocket.as_asgi()),
    path("ws/office", OfficeSocket.as_asgi()),
]
