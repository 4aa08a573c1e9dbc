from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("health", health),
    path("", include("stelltron.portal.office")),
    path("", include("stelltron.portal.reports")),
    path("", include("stelltron.portal.pipeline")),
    path("", include("stelltron.portal.share_register")),
    path("admin/", admin.site.urls),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    path("api/", include("stelltron.portal.api_urls")),
    path("", include("stelltron.portal.urls")),
]
