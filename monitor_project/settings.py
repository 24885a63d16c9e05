"""Django settings, read from environment variables. Every variable has a default that suits a single machine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ

from monitor_project.data_dir import load_or_create_secret_key, make_data_dir, make_private

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = make_data_dir(Path(env("DATA_DIR", default=str(BASE_DIR / "var"))).expanduser().resolve())

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or load_or_create_secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# The origins whose pages may open a WebSocket, in the format of channels.security.websocket.OriginValidator.
# Django writes an asterisk before the domain of a wildcard, Channels does not.
trusted_origins = [origin.replace("://*.", "://.") for origin in CSRF_TRUSTED_ORIGINS]
ALLOWED_ORIGINS = env.list("ALLOWED_ORIGINS", default=[*ALLOWED_HOSTS, *trusted_origins])

LIFECYCLE = {
    "SPOOL_DIR": env("SPOOL_DIR", default=str(DATA_DIR / "spool")),
    "RELEASE": env("RELEASE", default=""),
    "METRICS_TOKEN": env("METRICS_TOKEN", default=""),
    "METRICS_SCOPE": env("METRICS_SCOPE", default="process"),
    "TRUSTED_PROXIES": env.list("TRUSTED_PROXIES", default=[]),
    "FORWARDED_HEADER": env("FORWARDED_HEADER", default="X-Forwarded-For"),
}

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "channels",
    "ninja",
    "lifecycle",
    "dashboard",
    "monitor_project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "lifecycle.csp.strict_csp",
    "monitor_project.static_files.CompressedStaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
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

ROOT_URLCONF = "monitor_project.urls"
ASGI_APPLICATION = "monitor_project.asgi.application"

# Writers wait for the lock instead of failing, and readers do not wait for writers. Commits must be on disk
# (synchronous=FULL), because the spool deletes events once they are committed.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000",
}
SERVER_OPTIONS = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def connected(database: dict[str, Any]) -> dict[str, Any]:
    """Return a database's settings with the options for its engine; make the files of SQLite private."""
    if database["ENGINE"] == "django.db.backends.sqlite3":
        make_private(database["NAME"])
        return {**database, "OPTIONS": SQLITE_OPTIONS | database.get("OPTIONS", {})}
    return SERVER_OPTIONS | database


database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "monitor.sqlite3"}
if env("DATABASE_URL", default=""):
    database = env.db("DATABASE_URL")
database = connected(database)
DATABASES = {"default": database}
# Optional: a separate database for the record.
if env("RECORD_DATABASE_URL", default=""):
    DATABASES["record"] = connected(env.db("RECORD_DATABASE_URL"))
    DATABASE_ROUTERS = ["lifecycle.database.LifecycleRouter"]
    LIFECYCLE["DATABASE"] = "record"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The live page has its own layer, so its messages cannot fill the application's channels.
REDIS_URL = env("REDIS_URL", default="")
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
    "lifecycle": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
}
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
        "lifecycle": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        },
    }

STATIC_URL = "static/"
# Each folder has the same prefix as in the wheel; the prefixes keep the files apart from those of other apps.
STATICFILES_DIRS = [
    ("lifecycle", BASE_DIR / "static" / "lifecycle"),
    ("lifecycle_dashboard", BASE_DIR / "static" / "lifecycle_dashboard"),
    ("lifecycle_dashboard/vendor", BASE_DIR / "static" / "vendor"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Serve files from their source folders, so collectstatic is not needed. The data folder has compressed copies.
WHITENOISE_USE_FINDERS = True
COMPRESSED_STATIC_DIR = DATA_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Of its own, so that other keys do not push out the counts of failed logins.
    "logins": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "logins",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

LOGIN_URL = "admin:login"
# django-axes logs failed logins, and locks an address out after too many. It counts in the memory of each process,
# so it needs no tables, and signing in works as before while Redis is down.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
MIGRATION_MODULES = {"axes": None}
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_CACHE = "logins"
# Warns about caches in memory. Several processes allow as many times the failed logins, which are still few.
SILENCED_SYSTEM_CHECKS = ["axes.W001"]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=5)
# Attempts while locked out do not prolong the lock: others behind the same address could never sign in.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
# A reset would let everybody with an account guess without a limit, with a login of their own now and then.
AXES_RESET_ON_SUCCESS = False
# Not by user name: any stranger could then keep an operator out, from any address.
AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_CLIENT_IP_CALLABLE = "monitor_project.logins.client_address"
AXES_CLIENT_STR_CALLABLE = "monitor_project.logins.client_text"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Browsers share cookies between ports. With Django's default name, signing in to another project on this host
# would sign the user out here.
SESSION_COOKIE_NAME = "monitor_sessionid"

# Enable only behind a proxy that ends TLS and sets X-Forwarded-Proto, and that clients cannot bypass.
USE_TLS = env.bool("USE_TLS", default=False)
SESSION_COOKIE_SECURE = USE_TLS
CSRF_COOKIE_SECURE = USE_TLS
SECURE_SSL_REDIRECT = USE_TLS
SECURE_REDIRECT_EXEMPT = [r"^(metrics|healthz|readyz)$"]
SECURE_HSTS_SECONDS = 86_400 if USE_TLS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if USE_TLS else None

LOG_LEVEL = env("LOG_LEVEL", default="INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": LOG_LEVEL, "propagate": False},
        # At INFO, Daphne logs its configuration; the start command already prints the addresses.
        "daphne": {"level": "DEBUG" if LOG_LEVEL == "DEBUG" else "WARNING"},
    },
}
