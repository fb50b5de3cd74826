"""Where Superset's programs, our files for it and what it keeps lie; and the environment it runs in."""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import make_url

from workload.resources import PACKAGE
from workload.services.errors import ServiceError
from workload.services.superset_entry import entry_key
from workload.store.roles import Accounts, write_secret

DRIVER = "postgresql+psycopg2"
KEY_FILE = "secret-key"
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "WORKLOAD_DEBUG")


@dataclass(frozen=True, slots=True)
class Home:
    programs: Path  # Superset's virtual environment
    files: Path  # configuration, roles, assets: the folder `superset` of the project
    data: Path  # caches, log, secret key
    accounts: Accounts
    entry: str = ""  # the web app that people enter with; "" where Superset asks for passwords of its own
    entry_key: str = field(default="", repr=False)

    @property
    def python(self) -> Path:
        return self.programs / "bin" / "python"

    @property
    def assets(self) -> Path:
        return self.files / "assets"

    @property
    def log(self) -> Path:
        return self.data / "superset.log"


def locate_superset(accounts: Accounts, data_dir: Path, programs: Path | None = None, entry: str | None = None) -> Home:
    """The places, or a sentence on what to run where the programs are missing.

    entry: address of the web app whose account opens Superset; WORKLOAD_SUPERSET_ENTRY says another one.
    """
    entry = (os.environ.get("WORKLOAD_SUPERSET_ENTRY") or entry or "").rstrip("/")
    project = PACKAGE.parent
    installed = PACKAGE / "_superset"
    found = programs or Path(os.environ.get("WORKLOAD_SUPERSET_VENV") or project / ".venv-superset")
    if not (found / "bin" / "gunicorn").is_file():
        raise ServiceError("service_superset_missing", path=found)
    data = data_dir.resolve() / "superset"
    try:
        for folder in (data, *(data / "cache" / name for name in ("pages", "data", "filters", "charts"))):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ServiceError("service_folder_unusable", path=data, reason=error.strerror or "") from error
    files = installed if installed.is_dir() else project / "superset"
    return Home(found.absolute(), files, data, accounts, entry, entry_key(data_dir) if entry else "")


def environment(home: Home) -> dict[str, str]:
    """What superset_config.py reads, and little else of ours."""
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | {
        "PYTHONPATH": str(home.files),
        "PYTHONUNBUFFERED": "1",
        "SUPERSET_CONFIG_PATH": str(home.files / "superset_config.py"),
        "FLASK_APP": "superset.app:create_app()",
        "TZ": "Europe/Paris",
        "OMP_NUM_THREADS": "1",
        "WORKLOAD_SUPERSET_SECRET_KEY": _secret_key(home),
        "WORKLOAD_SUPERSET_METADATA_URL": _for_psycopg2(home.accounts.metadata.get_secret_value()),
        "WORKLOAD_SUPERSET_DATA_URL": _for_psycopg2(home.accounts.published.get_secret_value()),
        "WORKLOAD_SUPERSET_FOLDER": str(home.data),
        **{name: value for name, value in os.environ.items() if name in SETTINGS},
        **_entry(home),
    }


def _entry(home: Home) -> dict[str, str]:
    if not home.entry:
        return {}
    parts = urlsplit(home.entry)
    frames = f"{parts.scheme}://{parts.netloc} {os.environ.get('WORKLOAD_SUPERSET_FRAME_ANCESTORS', '')}"
    return {
        "WORKLOAD_SUPERSET_ENTRY": home.entry,
        "WORKLOAD_SUPERSET_ENTRY_KEY": home.entry_key,
        "WORKLOAD_SUPERSET_FRAME_ANCESTORS": frames.strip(),
    }


SETTINGS = ("WORKLOAD_SUPERSET_FRAME_ANCESTORS", "WORKLOAD_SUPERSET_HTTPS", "WORKLOAD_SUPERSET_PROXY")


def _for_psycopg2(address: str) -> str:
    return make_url(address).set(drivername=DRIVER).render_as_string(hide_password=False)


def _secret_key(home: Home) -> str:
    path = home.data / KEY_FILE
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(48))
    return path.read_text("utf-8").strip()


def forget_figures(data_dir: Path) -> None:
    """Empties Superset's cache of figures: to be called once new tables are published. Safe while it runs."""
    for path in (data_dir / "superset" / "cache" / "data").glob("*"):
        path.unlink(missing_ok=True)
