"""Superset's configuration. Every secret and address comes from the environment, where our launcher puts them.

French only; one database, ours; no host but our own in any page.
"""

import base64
import hashlib
import hmac
import logging
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from superset_access import ReadingSecurityManager
from superset_entry import ENTRY, EntrySecurityManager, origin, renewing
from superset_logs import CountingEventLogger, QuietLogging


def _given(name: str) -> str:
    value = os.environ.get(f"WORKLOAD_SUPERSET_{name}", "").strip()
    if not value:
        raise SystemExit(f"WORKLOAD_SUPERSET_{name} manque : lancez Superset par « workload », qui la fournit.")
    return value


def _derived(purpose: str) -> str:
    """A secret for one purpose, so that one that leaks does not open the others."""
    return hmac.new(SECRET_KEY.encode(), purpose.encode(), hashlib.sha256).hexdigest()


# --- Secrets and addresses
SECRET_KEY = _given("SECRET_KEY")
if len(SECRET_KEY) < 32 or "change" in SECRET_KEY.lower():
    raise SystemExit("WORKLOAD_SUPERSET_SECRET_KEY est trop faible : il faut au moins 32 caractères tirés au sort.")
GUEST_TOKEN_JWT_SECRET = _derived("guest token")
GLOBAL_ASYNC_QUERIES_JWT_SECRET = _derived("async queries")
JWT_SECRET_KEY = _derived("login token")

SQLALCHEMY_DATABASE_URI = _given("METADATA_URL")
SQLALCHEMY_EXAMPLES_URI = SQLALCHEMY_DATABASE_URI  # the default would make a SQLite file; no example is ever loaded
DATA_URL = make_url(_given("DATA_URL"))
FOLDER = Path(_given("FOLDER"))
DATA_DIR = str(FOLDER)

# --- One database, ours
_IDENTITY = ("drivername", "username", "host", "port", "database", "query")


def DB_SQLA_URI_VALIDATOR(url: URL) -> None:  # noqa: N802
    """Refuses any database but ours: an administrator of Superset must not enter PostgreSQL as its owner."""
    if any(getattr(url, part) != getattr(DATA_URL, part) for part in _IDENTITY):
        raise ValueError("Seule la base de l’application peut être lue ici.")


def DB_CONNECTION_MUTATOR(url: URL, params: dict[str, Any], *_: Any) -> tuple[URL, dict[str, Any]]:  # noqa: N802
    """The last word before a connection: arguments typed into the database form could name another user or server."""
    DB_SQLA_URI_VALIDATOR(url)
    kept = {"poolclass": params["poolclass"]} if "poolclass" in params else {}
    return DATA_URL, kept | {"connect_args": {"application_name": "workload-superset", "connect_timeout": 10}}


def SQLALCHEMY_CUSTOM_PASSWORD_STORE(url: URL) -> str | None:  # noqa: N802
    """The password stays in the environment; Superset's own tables never hold it."""
    return DATA_URL.password


PREVENT_UNSAFE_DB_CONNECTIONS = True
ALLOWED_EXTENSIONS: set[str] = set()  # no upload
EXCEL_EXTENSIONS: set[str] = set()
CSV_EXTENSIONS: set[str] = set()
COLUMNAR_EXTENSIONS: set[str] = set()
DATASET_IMPORT_ALLOWED_DATA_URLS: list[str] = []
PREFERRED_DATABASES = ["PostgreSQL"]

# --- Who may what
CUSTOM_SECURITY_MANAGER = EntrySecurityManager if ENTRY else ReadingSecurityManager
AUTH_USER_REGISTRATION = False
PUBLIC_ROLE_LIKE = None
RATELIMIT_ENABLED = True
RATELIMIT_STORAGE_URI = "memory://"
RATELIMIT_APPLICATION = "200 per second"
AUTH_RATE_LIMIT = "30 per minute"
FAB_API_SWAGGER_UI = False

FEATURE_FLAGS = {
    "ALERT_REPORTS": False,
    "ALLOW_ADHOC_SUBQUERY": False,
    "ALLOW_FULL_CSV_EXPORT": False,
    "CSS_TEMPLATES": False,
    "DASHBOARD_RBAC": True,  # who opens a dashboard is written in roles.yaml; it gives no data (superset_access.py)
    "DRILL_BY": False,
    "DRILL_TO_DETAIL": False,
    "DYNAMIC_PLUGINS": False,
    "EMBEDDABLE_CHARTS": False,
    "EMBEDDED_SUPERSET": True,
    "ENABLE_EXTENSIONS": False,
    "ENABLE_JAVASCRIPT_CONTROLS": False,
    "ENABLE_SUPERSET_META_DB": False,
    "ENABLE_TEMPLATE_PROCESSING": False,
    "RLS_IN_SQLLAB": True,
    "SSH_TUNNELING": False,
    "THUMBNAILS": False,
}

# Queries that a chart sends never pass this list (SQL Lab does); the guard in superset_access.py is for them.
DISALLOWED_SQL_FUNCTIONS = {
    "postgresql": {
        *("current_database", "current_schema", "current_user", "session_user", "current_setting", "set_config"),
        *("version", "inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port"),
        *("pg_read_file", "pg_ls_dir", "pg_read_binary_file", "pg_stat_file", "lo_import", "lo_export", "lo_get"),
        *("query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema"),
        *("table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xmlschema"),
        *("schema_to_xml_and_xmlschema", "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema"),
        *("ts_stat", "ts_rewrite", "pg_sleep", "pg_sleep_for", "pg_sleep_until", "dblink", "dblink_exec"),
        *("pg_terminate_backend", "pg_cancel_backend", "pg_advisory_lock", "pg_notify"),
    }
}

# --- Pages: no host but ours
_ANCESTORS = os.environ.get("WORKLOAD_SUPERSET_FRAME_ANCESTORS", "").split()
_HTTPS = os.environ.get("WORKLOAD_SUPERSET_HTTPS") == "1"
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'", *([origin()] if ENTRY else [])],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "font-src": ["'self'", "data:"],
        "script-src": ["'self'", "'strict-dynamic'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'self'", *_ANCESTORS],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "frame_options": None if _ANCESTORS else "SAMEORIGIN",
    "referrer_policy": "same-origin",
    "force_https": False,
    "session_cookie_secure": _HTTPS,
}
CONTENT_SECURITY_POLICY_WARNING = False
ENABLE_CORS = False
HTML_SANITIZATION = True
THEME_FONT_URL_ALLOWED_DOMAINS: list[str] = []
MAPBOX_API_KEY = ""
DECKGL_BASE_MAP: list[list[str]] = [["", "Sans fond de carte"]]

SESSION_COOKIE_NAME = "workload_superset_session"
REMEMBER_COOKIE_NAME = "workload_superset_remember"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _HTTPS
PERMANENT_SESSION_LIFETIME = timedelta(hours=10)
ENABLE_PROXY_FIX = os.environ.get("WORKLOAD_SUPERSET_PROXY") == "1"

# --- French
BABEL_DEFAULT_LOCALE = "fr"
BABEL_DEFAULT_TIMEZONE = "Europe/Paris"
LANGUAGES = {"fr": {"flag": "fr", "name": "Français"}}
D3_FORMAT = {"decimal": ",", "thousands": "\u202f", "grouping": [3], "currency": ["", "\u202f€"], "percent": "\u202f%"}
D3_TIME_FORMAT = {
    "dateTime": "%A %-d %B %Y à %H:%M",
    "date": "%d/%m/%Y",
    "time": "%H:%M:%S",
    "periods": ["AM", "PM"],
    "days": ["dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"],
    "shortDays": ["dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."],
    "months": [
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ],
    "shortMonths": [
        *("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")
    ],
}
CURRENCIES = ["EUR"]
# Excel in French reads this without an import dialog.
CSV_EXPORT = {"encoding": "utf-8-sig", "sep": ";", "decimal": ","}

# --- Looks
NAME = "Charge de travail"
_LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 190 24" width="190" height="24">'
    '<rect x="0" y="12" width="5" height="10" fill="#0072B2"/><rect x="7" y="6" width="5" height="16" fill="#0072B2"/>'
    '<rect x="14" y="2" width="5" height="20" fill="#E69F00"/><text x="28" y="18" fill="#1a1a1a"'
    ' font-family="Helvetica, Arial, sans-serif" font-size="17" font-weight="600" textLength="150">Charge de travail'
    "</text></svg>"
)
_ICON = _LOGO.replace("0 0 190 24", "-2 0 24 24").replace('width="190"', 'width="24"')


def _inline(picture: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()


APP_NAME = NAME
APP_ICON = _inline(_LOGO)
FAVICONS = [{"href": _inline(_ICON), "type": "image/svg+xml"}]
LOGO_TARGET_PATH = "/superset/welcome/"
LOGO_TOOLTIP = "Accueil"
THEME_DEFAULT = {
    "token": {
        "brandAppName": NAME,
        "brandLogoAlt": NAME,
        "brandLogoUrl": APP_ICON,
        "brandLogoMargin": "18px 0",
        "brandLogoHref": LOGO_TARGET_PATH,
        "brandLogoHeight": "24px",
        "brandIconMaxWidth": 190,
        "brandSpinnerUrl": None,
        "brandSpinnerSvg": None,
        "colorPrimary": "#0072B2",
        "colorLink": "#0072B2",
        "colorError": "#B3261E",
        "colorWarning": "#B26A00",
        "colorSuccess": "#00795B",
        "colorInfo": "#0072B2",
        "fontUrls": [],
        "fontFamily": "Inter, Helvetica, Arial, sans-serif",
        "fontFamilyCode": "'IBM Plex Mono', 'Courier New', monospace",
        "fontWeightStrong": "600",
        "transitionTiming": 0.3,
        "colorEditorSelection": "#fff5cf",
    },
    "algorithm": "default",
}
THEME_DARK = None
ENABLE_UI_THEME_ADMINISTRATION = False
DOCUMENTATION_URL = None
BUG_REPORT_URL = None
WELCOME_PAGE_LAST_TAB = "all"

# Told apart by readers who do not see red and green alike, and in print: Okabe and Ito (2008), darkest first, their
# black made grey and their yellow darkened to be seen on white.
EXTRA_CATEGORICAL_COLOR_SCHEMES = [
    {
        "id": "workload_categories",
        "label": "Catégories (lisibles par tous)",
        "description": "Palette d’Okabe et Ito, lisible par les personnes daltoniennes",
        "isDefault": True,
        "colors": ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#595959", "#C9B400"],
    },
    {
        "id": "workload_before_after",
        "label": "Avant et après",
        "description": "Gris pour aujourd’hui, bleu pour la proposition, orange pour le besoin",
        "isDefault": False,
        "colors": ["#8C8C8C", "#0072B2", "#E69F00"],
    },
]
EXTRA_SEQUENTIAL_COLOR_SCHEMES = [
    {
        "id": "workload_blues",
        "label": "Du plus faible au plus fort",
        "description": "Du clair au foncé, une seule teinte",
        "isDiverging": False,
        "isDefault": True,
        "colors": ["#EAF3FA", "#C3DEF0", "#93C4E4", "#5BA5D3", "#2A83BC", "#0A609A", "#053F6B"],
    },
    {
        "id": "workload_diverging",
        "label": "De part et d’autre de la moyenne",
        "description": "Bleu en dessous, clair au milieu, orange au-dessus",
        "isDiverging": True,
        "isDefault": False,
        "colors": ["#08519C", "#5BA5D3", "#BDD9EA", "#F5F5F5", "#FBD0A2", "#F08F3C", "#A63F03"],
    },
]

# --- How much, how long
ROW_LIMIT = 10_000
SAMPLES_ROW_LIMIT = 1_000
FILTER_SELECT_ROW_LIMIT = 5_000
NATIVE_FILTER_DEFAULT_ROW_LIMIT = 2_000
SQL_MAX_ROW = 100_000
TABLE_VIZ_MAX_ROW_SERVER = 100_000
SQLLAB_TIMEOUT = 60
SUPERSET_WEBSERVER_ADDRESS = "127.0.0.1"
SUPERSET_WEBSERVER_TIMEOUT = 60
SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 10}


def _cache(name: str, lasts: timedelta) -> dict[str, Any]:
    return {
        "CACHE_TYPE": "FileSystemCache",
        "CACHE_DIR": str(FOLDER / "cache" / name),
        "CACHE_DEFAULT_TIMEOUT": int(lasts.total_seconds()),
        "CACHE_THRESHOLD": 20_000,
        "CACHE_KEY_PREFIX": f"{name}_",
    }


CACHE_CONFIG = _cache("pages", timedelta(hours=1))
DATA_CACHE_CONFIG = _cache("data", timedelta(hours=12))  # the launcher empties it when new tables are published
FILTER_STATE_CACHE_CONFIG = _cache("filters", timedelta(days=30)) | {"REFRESH_TIMEOUT_ON_RETRIEVAL": True}
EXPLORE_FORM_DATA_CACHE_CONFIG = _cache("charts", timedelta(days=7)) | {"REFRESH_TIMEOUT_ON_RETRIEVAL": True}
THUMBNAIL_CACHE_CONFIG = {"CACHE_TYPE": "NullCache"}
CELERY_CONFIG = None
RESULTS_BACKEND = None

# --- Logs count, never quote
EVENT_LOGGER = CountingEventLogger()
LOGGING_CONFIGURATOR = QuietLogging()
LOG_LEVEL = logging.WARNING
QUERY_LOGGER = None
SHOW_STACKTRACE = False
ALEMBIC_SKIP_LOG_CONFIG = True


def FLASK_APP_MUTATOR(app: Any) -> None:  # noqa: N802
    """Pages say which language they are in: screen readers choose their voice by it. And they keep their reader in."""
    from flask import request

    @app.after_request
    def _in_french(response: Any) -> Any:
        if response.mimetype == "text/html" and not response.direct_passthrough:
            page = response.get_data().replace(b"<html>", b'<html lang="fr">', 1)
            response.set_data(renewing(page, getattr(request, "csp_nonce", "")) if ENTRY else page)
        return response
