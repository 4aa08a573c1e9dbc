"""Celery for all apps; `celery --app stelltron` finds `app` here."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stelltron.settings")
app = Celery("stelltron")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
