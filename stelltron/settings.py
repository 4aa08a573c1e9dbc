"""Settings: everything that differs between a laptop and production comes from the environment."""

from __future__ import annotations

import secrets
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

from stelltron.ledger.network import network_from_environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

SECRET_KEY = env("DJANGO_SECRET_KEY", default="")
if not SECRET_KEY:
    if env("DATABASE_URL", default=""):
        raise ImproperlyConfigured("DATABASE_URL is set, but DJANGO_SECRET_KEY is not")
    # Only for commands without data, such as makemigrations.
    SECRET_KEY = secrets.token_urlsafe(48)
FIELD_ENCRYPTION_KEYS = env.list("FIELD_ENCRYPTION_KEY", default=[])
DEBUG = env.bool("DJANGO_DEBUG", default=False)
ALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("DJANGO_TRUSTED_ORIGINS", default=[])
DATA_FOLDER = Path(env("STELLTRON_DATA", default=str(BASE_DIR / "var" / "co-op")))

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "django_htmx",
    "stelltron.core",
    "stelltron.members",
    "stelltron.ledger",
    "stelltron.register",
    "stelltron.bank",
    "devices",
    "market",
    "governance",
    "financing",
    "stelltron.audit",
    "stelltron.replay",
    "stelltron.portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "stelltron.portal.throttle.RateLimit",
    "stelltron.portal.middleware.ContentSecurityPolicy",
]

ROOT_URLCONF = "stelltron.urls"
ASGI_APPLICATION = "stelltron.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default="postgres://stelltron@127.0.0.1:5432/stelltron")}
DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
# ASGI threads come and go; a kept connection would leak with each of them.
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Nothing is prepared by itself; what ``core.prepared`` runs is.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("prepare_threshold", 2**31)
# A plan for any values is many times too slow for thousands of them: who gives few says so (``core.prepared``).
DATABASES["default"]["OPTIONS"].setdefault("options", "-c plan_cache_mode=force_custom_plan")
# The programs that come with a database we start ourselves.
POSTGRES_TOOLS = env("POSTGRES_TOOLS", default="")
# A web server's threads share connections that stay, with what was prepared on them.
if env.int("DATABASE_POOL", default=0):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.int("DATABASE_POOL")}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "members.User"
LOGIN_URL = reverse_lazy("portal:sign-in")
LOGIN_REDIRECT_URL = reverse_lazy("portal:dashboard")
LOGOUT_REDIRECT_URL = reverse_lazy("portal:sign-in")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("DJANGO_SECURE_COOKIES", default=False)
SECURE_CONTENT_TYPE_NOSNIFF = True

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["stelltron.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = DATA_FOLDER / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# From one address, on everything that is open to the public; 0 counts nothing. Proxies in front of it (addresses or networks,
# comma-separated) say whom they ask for.
REQUESTS_A_MINUTE = env.int("REQUESTS_A_MINUTE", default=100)
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])

VALKEY_URL = env("VALKEY_URL", default="redis://127.0.0.1:6379")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": f"{VALKEY_URL}/1"}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [f"{VALKEY_URL}/2"]},
    }
}
CELERY_BROKER_URL = f"{VALKEY_URL}/0"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "market"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ROUTES = {
    # It speaks to the broker, whose silence must not hold up clearing.
    "market.tasks.drive_locks": {"queue": "devices"},
    "market.*": {"queue": "market"},
    "stelltron.ledger.*": {"queue": "ledger"},
    "stelltron.bank.*": {"queue": "ledger"},
    "stelltron.members.*": {"queue": "mail"},
    "devices.*": {"queue": "devices"},
    "financing.*": {"queue": "financing"},
    "stelltron.audit.*": {"queue": "ledger"},
    "stelltron.register.*": {"queue": "mail"},
    "governance.*": {"queue": "ledger"},
}
CELERY_BEAT_SCHEDULE = {
    "match spot orders": {"task": "market.tasks.match_spot", "schedule": 5.0},
    "close due slots": {"task": "market.tasks.close_slots", "schedule": 5.0},
    "settle late readings": {"task": "market.tasks.settle_late_readings", "schedule": 60.0},
    "drive energy locks": {"task": "market.tasks.drive_locks", "schedule": 5.0},
    "expire orders": {"task": "market.tasks.expire_orders", "schedule": 30.0},
    "quote prices": {"task": "market.tasks.quote_prices", "schedule": 10.0},
    "roll up days": {"task": "market.tasks.roll_up_days", "schedule": 60.0},
    "warn of expiring mandates": {"task": "market.tasks.warn_of_expiring_mandates", "schedule": 3600.0},
    "send notices": {"task": "stelltron.members.tasks.send_notices", "schedule": 60.0},
    "forget old notices": {"task": "stelltron.members.tasks.forget_old_notices", "schedule": 86_400.0},
    "prove energy": {"task": "market.tasks.prove_energy", "schedule": 900.0},
    "raise device alarms": {"task": "devices.tasks.raise_alarms", "schedule": 60.0},
    "hold withdrawals": {"task": "stelltron.ledger.tasks.hold_withdrawals", "schedule": 30.0},
    "end due financing": {"task": "financing.tasks.end_due", "schedule": 60.0},
    "send energy codes": {"task": "financing.tasks.send_codes", "schedule": 10.0},
    "compare generators": {"task": "financing.tasks.compare_generators", "schedule": 900.0},
    "forget rejected applications": {"task": "stelltron.register.tasks.forget_rejected", "schedule": 86_400.0},
    "seal actions": {"task": "stelltron.audit.tasks.seal_actions", "schedule": 30.0},
    "anchor the books": {"task": "stelltron.audit.tasks.anchor_books", "schedule": 3600.0},
    "keep the rolls": {"task": "governance.tasks.keep_rolls", "schedule": 30.0},
    "carry proposals on": {"task": "governance.tasks.carry_on", "schedule": 15.0},
    "watch decisions": {"task": "governance.tasks.watch_decisions", "schedule": 60.0},
    "compare GRID": {"task": "governance.tasks.compare_grid", "schedule": 900.0},
    "compare houses": {"task": "governance.tasks.compare_houses", "schedule": 900.0},
    "attest the reserves": {"task": "stelltron.bank.tasks.attest_reserves", "schedule": 60.0},
    "take out of the market": {"task": "stelltron.bank.tasks.take_out_of_the_market", "schedule": 30.0},
    "ask again where rules began": {"task": "stelltron.bank.tasks.ask_again_where_rules_began", "schedule": 3600.0},
    "reconcile the ledger": {"task": "stelltron.ledger.tasks.reconcile", "schedule": 300.0},
}

# Without a mail server, and without an SMS gateway, messages go to the log.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", default="co-op@localhost")
SMS_GATEWAY_URL, SMS_GATEWAY_TOKEN = env("SMS_GATEWAY_URL", default=""), env("SMS_GATEWAY_TOKEN", default="")
SMS_BACKEND = f"stelltron.members.sms.{'HttpGatewaySms' if SMS_GATEWAY_URL else 'ConsoleSms'}"

MQTT_URL = env("MQTT_URL", default="mqtt://127.0.0.1:1883")
STELLAR = network_from_environment(env.ENVIRON)
# How often a device that reports nothing raises its alarm, and again.
DEVICE_OFFLINE_AFTER_SECONDS = env.int("DEVICE_OFFLINE_AFTER_SECONDS", default=300)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "governance.grid.licence_api.LicenceKeyAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["governance.grid.licence_api.LicenceKeyThrottle"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "stelltron.core.errors.api_exception_handler",
    "PAGE_SIZE": 50,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stelltron",
    "DESCRIPTION": "The API of a neighbourhood energy cooperative.",
    "VERSION": "1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "DeviceKind": "devices.models.Device.Kind",
        "LineKind": "market.models.lines.LineKind",
        "OrderKind": "market.models.Order.Kind",
        "ProposalKind": "governance.models.houses.Kind",
        "BillKind": "market.models.billing.Bill.Kind",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="WARNING")},
}

UNFOLD = {
    "SITE_TITLE": "Stelltron",
    "SITE_HEADER": "Stelltron",
    "SITE_SUBHEADER": "co-op office",
    "SITE_SYMBOL": "solar_power",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/icon.svg")}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "stelltron.portal.office.dashboard",
    "STYLES": [lambda request: static("portal/office.css")],
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "stelltron.portal.menu.navigation",
    },
    "COLORS": {
        "primary": {
            "50": "oklch(97.9% .021 166.113)",
            "100": "oklch(95% .052 163.051)",
            "200": "oklch(90.5% .093 164.15)",
            "300": "oklch(84.5% .143 164.978)",
            "400": "oklch(76.5% .177 163.223)",
            "500": "oklch(69.6% .17 162.48)",
            "600": "oklch(50.8% .118 165.612)",
            "700": "oklch(43.2% .095 166.913)",
            "800": "oklch(37.8% .077 168.94)",
            "900": "oklch(30% .06 170)",
            "950": "oklch(26.2% .051 172.552)",
        },
    },
}
