"""The only settings module. Every value that differs between machines comes from the environment.

`.env.example` has a sentence for each value; a test compares the two. Where no DATABASE_URL is set, the
values come from the embedded servers' own file (see config/embedded).
"""

import zoneinfo
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import database, embedded

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")
if not env.str("DATABASE_URL", ""):
    embedded.load_environment()

# --- what every deployment sets ----------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "")
_is_example = len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure-")
if len(SECRET_KEY) < 50 or (_is_example and not DEBUG):
    raise ImproperlyConfigured(
        "SECRET_KEY must be at least 50 random characters: put one into .env, for instance the output of "
        "`python -c 'import secrets; print(secrets.token_urlsafe(50))'`; without a DATABASE_URL, `make run` makes one."
    )
PUBLIC_URL = env.str("PUBLIC_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

# --- data: PostgreSQL, the only truth and the only database -------------------------------------

# The app role serves; the owner role migrates (AMBLE_ROLE=owner manage.py prepare).
ROLE = env.str("AMBLE_ROLE", "app")
if ROLE not in ("app", "owner"):
    raise ImproperlyConfigured(
        f"AMBLE_ROLE is '{ROLE}': use 'app', which serves, or 'owner', which migrates."
    )
APP_DATABASE = env.db_url("DATABASE_URL")
DATABASE_APP_ROLE = APP_DATABASE["USER"]
# Threads of one web process, and so connections; workers and commands keep one connection each.
WEB_THREADS = env.int("WEB_THREADS", 0)

_options: dict[str, Any] = {
    **APP_DATABASE.get("OPTIONS", {}),
    "connect_timeout": 3,
    # A network that drops everything is noticed within half a minute; on a Unix socket these mean nothing.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": f"amble {env.str('AMBLE_PROCESS', 'command')}",
    "server_side_binding": True,
    "prepare_threshold": 5,  # needs a pooler that knows prepared statements, or none
}
if WEB_THREADS:
    _options["pool"] = database.pool(WEB_THREADS)

DATABASES = {
    "default": {
        **(APP_DATABASE if ROLE == "app" else env.db_url("DATABASE_OWNER_URL")),
        "OPTIONS": _options,
        "CONN_MAX_AGE": 0 if WEB_THREADS else None,
        "CONN_HEALTH_CHECKS": not WEB_THREADS,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Celery: nudges, never facts ------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", "")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # an outage ends by itself, however long it was
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
# Every task is a tick, and the next tick makes up for a lost one. Acknowledged late, a task that runs when the broker
# goes away ends the whole worker (kombu 5.7).
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_SOFT_TIME_LIMIT = 45
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 1000  # else Celery closes the connection after every task

# --- messages ---------------------------------------------------------------------------------------

EMAIL_URL = env.str("EMAIL_URL", "")
vars().update(env.email_url_config(EMAIL_URL or "dummymail://"))
# The mailbox page of development reads what it was told to keep here.
MAILBOX_DIR = env.str("MAILBOX_DIR", "")
EMAIL_IS_SET = bool(EMAIL_URL or MAILBOX_DIR)  # else a message about a red flag would count as sent
if MAILBOX_DIR:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAILBOX_DIR
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Amble <amble@localhost>")
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", "")
VAPID_SUBJECT = env.str("VAPID_SUBJECT", "")
# Push services beside the four that browsers use, as host or host:port; a loopback host may use plain http.
# In development that is the receiver which `make story` opens.
PUSH_EXTRA_HOSTS = env.list("PUSH_EXTRA_HOSTS", default=["127.0.0.1:8901"] if DEBUG else [])

# --- Django ------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "phone",
    "clinic",
    "notifications",
    "recovery",
    "exercises",
    "accounts",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "drf_standardized_errors",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "clinic:sign-in"
LOGIN_REDIRECT_URL = "clinic:worklist"
LOGOUT_REDIRECT_URL = "clinic:sign-in"

# The API carries only what it uses: sessions and CSRF for staff pages that call it, and the security headers.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

USE_TZ = True
zoneinfo.reset_tzpath(())  # one pinned zone database, from the tzdata wheel, on every machine
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.storage.HashedModules"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- security ----------------------------------------------------------------------------------------

_https = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = _https and env.bool("SECURE_SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
# Nothing of an address goes elsewhere. (With "no-referrer" a browser sends even our own forms with "Origin: null", and
# Django refuses them.)
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 12 * 3600
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# The parser answers 413 for a body above this; Django's own limit (400, HTML) stays out of its way.
MAX_BODY_BYTES = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 400

# --- API ----------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.DeviceAuthentication",
        "accounts.authentication.StaffSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.IsSignedIn"],
    "DEFAULT_PARSER_CLASSES": ["wire.json.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["wire.json.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "wire.pages.KeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "wire.problems.problem_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_METADATA_CLASS": None,
    "NUM_PROXIES": 1 if env.bool("BEHIND_PROXY", False) else 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Amble",
    "DESCRIPTION": "Home-exercise and recovery tracking for people with sciatica.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "wire.openapi.with_problems",
    ],
    "ENUM_NAME_OVERRIDES": {
        "RoleEnum": "accounts.access.Role",
        "StaffRoleEnum": "accounts.api.serializers.STAFF_ROLES",
        "EndingEnum": "recovery.models.episode.Ending",
        "FlagDeedEnum": "recovery.models.safety.FlagDeed",
        "ReminderKindEnum": "notifications.models.REMINDER_KINDS",
        "ReviewOutcomeEnum": "recovery.models.reviews.Outcome",
        "SnoozedForEnum": "notifications.models.SnoozedFor",
        "StrengthEnum": "recovery.models.reviews.Strength",
    },
}

# --- logs: never a body, a name or a number a patient gave (config/logs.py) ----------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.Line"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "INFO")},
    "loggers": {"django": {"handlers": []}},  # not Django's own, which show exceptions and write mails
}
