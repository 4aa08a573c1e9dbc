"""The composition root: settings, URLs, ASGI and Celery, over the four core rooms."""

from .celery import app as celery_app

__all__ = ["celery_app"]
