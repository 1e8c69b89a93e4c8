"""Django's settings. Every value that may differ between machines is an environment variable."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from config import environment, logs, secrets
from config.environment import env

BASE_DIR = Path(__file__).resolve().parent.parent

# Where the embedded servers, logs and generated secrets lie; see config/local.
SHOP_DATA_DIR = Path(env.str("SHOP_DATA_DIR", default=str(BASE_DIR / ".shop"))).absolute()
# The addresses of the servers that a running shop uses, for `manage.py` in another terminal.
if (SHOP_DATA_DIR / "run" / "env").is_file():
    env.read_env(SHOP_DATA_DIR / "run" / "env", overwrite=False)


# What this process is: gateway, worker, recovery, … or command, for whatever `manage.py` runs.
SHOP_ROLE = env.str("SHOP_ROLE", default="command")
# Port 1 answers nobody: a command without a shop says so instead of finding a stranger's server.
DATABASE_URL = environment.url(
    "DATABASE_URL",
    schemes={"postgres", "postgresql"},
    default="postgresql://postgres@127.0.0.1:1/shop",
)
REDIS_URL = environment.url(
    "REDIS_URL", schemes={"redis", "rediss", "unix"}, default="redis://127.0.0.1:1/0"
)

SHOP_SECRET_KEY = environment.secret("SHOP_SECRET_KEY") or secrets.keep(
    directory=SHOP_DATA_DIR / "secrets", name="secret_key"
)
SECRET_KEY = secrets.derive(secret=SHOP_SECRET_KEY, purpose="django", digest="sha512")
SHOP_JOBS_KEY = secrets.derive(secret=SHOP_SECRET_KEY, purpose="jobs")
SHOP_FINGERPRINT_KEY = secrets.derive(secret=SHOP_SECRET_KEY, purpose="fingerprints")
SHOP_DIGEST_KEY = secrets.derive(secret=SHOP_SECRET_KEY, purpose="digests")

# Signs what the sandbox tells the shop.
SHOP_SANDBOX_WEBHOOK_SECRET = environment.webhook_secret(
    "SHOP_SANDBOX_WEBHOOK_SECRET"
) or secrets.keep(
    directory=SHOP_DATA_DIR / "secrets", name="sandbox_webhook_secret", make=secrets.for_webhooks
)

SHOP_CURRENCY = environment.currency("SHOP_CURRENCY", default="VND")
SHOP_THROTTLE = environment.switch("SHOP_THROTTLE", default="on")

# How long a customer may take to pay, in seconds.
SHOP_PAYMENT_WAIT = environment.seconds("SHOP_PAYMENT_WAIT", default="30min")
# Of how many free copies or fewer of a product staff are told.
SHOP_LOW_STOCK = environment.number("SHOP_LOW_STOCK", default=5, least=0, most=1_000_000)
# How many days finished jobs are kept, and with them their results and idempotency keys.
SHOP_JOBS_KEPT = environment.number("SHOP_JOBS_KEPT", default=30, least=2, most=36_500)
GATEWAY_PORT = environment.port("GATEWAY_PORT", default=8000)
_address = environment.text("GATEWAY_HOST", default="127.0.0.1")
_gateway = f"http://{environment.reachable(_address)}:{GATEWAY_PORT}"
# Where a customer's browser finds the gateway, and where the sandbox does.
SHOP_PUBLIC_URL = environment.web_address("SHOP_PUBLIC_URL", default=_gateway, bare=True)
SHOP_SANDBOX_WEBHOOK_URL = environment.web_address(
    "SHOP_SANDBOX_WEBHOOK_URL", default=f"{_gateway}/api/v1/webhooks/payments/sandbox"
)

# Where the public address is of TLS, so is every request: a proxy in front has seen to it, whatever
# headers a client sends (config/wsgi.py).
_is_secure = SHOP_PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _is_secure
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _is_secure else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W002",  # api/security.py says it of every answer.
    "security.W005",  # Subdomains and browsers' lists are for their owner to decide.
    "security.W021",
    "security.W008",  # It is the proxy that can tell plain HTTP, and leads on.
]
# What Prometheus on another machine has to send; without one, only this machine sees /metrics.
SHOP_METRICS_TOKEN = environment.secret("SHOP_METRICS_TOKEN")

DEBUG = False
# Loopback and the address it listens on are always answered, by which `make run` sees it is up,
# and so are the hosts of the two addresses above.
ALLOWED_HOSTS = environment.hosts(
    "SHOP_HOSTS",
    always=[
        *("localhost", "127.0.0.1", "[::1]"),
        f"[{_address}]" if ":" in _address else _address,
        environment.host_of(SHOP_PUBLIC_URL),
        environment.host_of(SHOP_SANDBOX_WEBHOOK_URL),
    ],
)
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    # Before Django's admin, whose pages it replaces.
    "unfold.apps.BasicAppConfig",
    "api.backoffice.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "django_prometheus",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "shop.catalog",
    "shop.customers",
    "shop.inventory",
    "shop.carts",
    "shop.orders",
    "shop.payments",
    "shop.payments.sandbox",
    "shop.notifications",
    "tasks.engine",
    "tasks",
    "api",
    "api.backoffice.apps.BackofficeConfig",
]
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "api.security.SecurityHeadersMiddleware",
    "api.middleware.RequestIdMiddleware",
    "api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "api.turnstile.TurnstileMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
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
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
# How the back office's pages write times.
FORMAT_MODULE_PATH = "api.backoffice.formats"
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

AUTH_USER_MODEL = "customers.Account"
AUTHENTICATION_BACKENDS = ["api.backoffice.passwords.GuardedBackend"]
PASSWORD_HASHERS = ["config.passwords.Argon2"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Below the engine's lease of 10 s, so that a frozen process never holds a lock for longer.
DATABASE_TIMEOUTS_MS = {
    "idle_in_transaction_session_timeout": 5_000,
    "lock_timeout": 4_000,
    "statement_timeout": 8_000,
}
# The same for a whole transaction of a worker; a setting of PostgreSQL 17 and later.
DATABASE_TRANSACTION_MS = 9_000
# Migrations and other commands of an operator may take their time.
_timeouts = {} if SHOP_ROLE == "command" else DATABASE_TIMEOUTS_MS
_planner = {
    # What a request asks is answered sooner than others could be started to help with it.
    "max_parallel_workers_per_gather": 0,
    # What requests read lies in memory, where one page is as near as another and costs no more
    # than ten rows to look at. Were it a disk's, a search would rather look through the newest
    # books than fetch those that an index names.
    "seq_page_cost": 0.1,
    "random_page_cost": 0.1,
}
_session = {"timezone": "UTC", **_timeouts, **(_planner if SHOP_ROLE == "gateway" else {})}
_database = env.db_url_config(DATABASE_URL)
_options: dict[str, Any] = {
    **_database.get("OPTIONS", {}),
    "options": " ".join(f"-c {name}={value}" for name, value in _session.items()),
    "application_name": f"shop-{SHOP_ROLE}",
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # Values travel beside statements: PostgreSQL logs one that fails without what is secret in it.
    "server_side_binding": True,
}
if SHOP_ROLE == "worker":
    # Its statements come again and again, and PostgreSQL plans them once. Not the gateway's: how a
    # term is best looked for, and jobs in a state, depends on which.
    _options["prepare_threshold"] = 2
if SHOP_ROLE == "gateway":
    # A request holds a connection only while it works: one that waits for a job gives it back.
    _options["pool"] = {"min_size": 2, "max_size": 24, "timeout": 3, "reconnect_timeout": 2}
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "config.database",
        "CONN_MAX_AGE": 0 if SHOP_ROLE == "gateway" else None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _options,
    }
}

EMAIL_TIMEOUT = 8
if environment.text("EMAIL_URL"):
    _mail = environment.url(
        "EMAIL_URL",
        schemes={"smtp", "smtps", "smtp+tls", "smtp+ssl", "filemail", "consolemail", "memorymail"},
        default="",
    )
    vars().update(env.email_url_config(_mail))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(SHOP_DATA_DIR / "mail")
DEFAULT_FROM_EMAIL = environment.sender("SHOP_MAIL_FROM", default="bookshop@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["api.authentication.LoginAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttling.Throttle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "api.schema.generator.AutoSchema",
    "EXCEPTION_HANDLER": "api.errors.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    # `?format=` is a parameter like any other: unknown.
    "URL_FORMAT_OVERRIDE": None,
}
# Counters of requests: nothing that would be missed. A Redis that is away costs a fifth of a
# second, once; see api/throttling.py.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "shop",
        "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
    }
}
FLOWER_PORT = environment.port("FLOWER_PORT", default=5555)
SIMPLE_JWT = {
    "SIGNING_KEY": secrets.derive(secret=SHOP_SECRET_KEY, purpose="tokens"),
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Bookshop",
    "DESCRIPTION": "A bookshop's gateway: every accepted request ends, exactly once.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["api.schema.document.finish"],
}
# The back office's looks; see api/backoffice/site.py.
UNFOLD = {
    "SITE_TITLE": "Bookshop",
    "SITE_HEADER": "Bookshop",
    "SITE_SUBHEADER": "Back office",
    "SITE_SYMBOL": "menu_book",
    "SITE_FAVICONS": [{"rel": "icon", "href": "data:,"}],
    "SHOW_HISTORY": False,
}

LOGGING = logs.configure(role=SHOP_ROLE)
LOGGING_CONFIG = "logging.config.dictConfig"

# Ways to pay: a provider's name and its class; see shop/payments/providers.py.
SHOP_PAYMENT_PROVIDERS = {"sandbox": "shop.payments.sandbox.provider.SandboxProvider"}
