"""A backup as a folder: a dump per database, what made it, a fingerprint of each file; restored whole or not at all.

Made with the programs of the embedded server, whose version is ours to know, be the database embedded or a
département's own. Rights are left out of the dumps: they are code, and given anew (`store.roles`).
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import URL, Engine, text

from workload import __version__
from workload.errors import RequestError
from workload.store.cluster import Cluster, locate
from workload.store.engine import StoreError, make_engine, shown
from workload.store.published_tables import published_tables
from workload.store.roles import SUPERSET_DATABASE

LABEL = "sauvegarde.json"
SCHEMAS = ("core", "published")
HOMES, HOMES_FILE = "etudes", "etudes.tar"


def backup(engine: Engine, data_dir: Path, folder: Path) -> tuple[str, ...]:
    """The names of the databases saved. The folder must be new or empty; it is there whole or not at all."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError("backup_exists", path=folder)
    cluster = locate(data_dir)
    bases = _bases(engine)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".sauvegarde-") as temporary:
        made = Path(temporary) / "made"
        made.mkdir(mode=0o700)
        for name, url in bases.items():
            only = [f"--schema={schema}" for schema in SCHEMAS] if name == "workload" else []
            options = ("--format=custom", "--no-owner", "--no-acl", *only, "--file", str(made / f"{name}.dump"))
            _run(cluster, "pg_dump", url, options)
        _pack(data_dir / HOMES, made / HOMES_FILE)
        label = {
            "workload": __version__,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "files": {path.name: _sha256(path) for path in sorted(made.iterdir())},
        }
        (made / LABEL).write_text(json.dumps(label, indent=1) + "\n", "utf-8")
        if folder.exists():
            folder.rmdir()
        shutil.move(made, folder)
    return tuple(bases)


def restore(engine: Engine, data_dir: Path, folder: Path, replace: bool = False) -> tuple[str, ...]:
    """Into this database: all of it in one transaction, or nothing. A database that already holds studies is replaced
    only on demand."""
    label = _label(folder)
    with engine.connect() as connection:
        filled = bool(connection.scalar(text("SELECT EXISTS (SELECT FROM core.study UNION ALL SELECT FROM core.run)")))
    if filled and not replace:
        raise RequestError("restore_not_empty", where=shown(engine.url))
    cluster = locate(data_dir)
    restored = []
    dumps = [name for name in label["files"] if name.endswith(".dump")]
    studies = _unpacked(folder / HOMES_FILE, data_dir / HOMES) if HOMES_FILE in label["files"] else nullcontext()
    with studies:
        for file in sorted(dumps, key=lambda name: name == "workload.dump"):  # ours last: it is what must not be half
            name = Path(file).stem
            url = engine.url if name == "workload" else engine.url.set(database=SUPERSET_DATABASE)
            if name != "workload" and not _exists(engine, SUPERSET_DATABASE):
                continue  # made with the accounts, when Superset is first started; then restore again
            _replace(cluster, url, folder / file, SCHEMAS if name == "workload" else ("public",))
            restored.append(name)
    return tuple(restored)


def _pack(homes: Path, target: Path) -> None:
    """The registers and counts that the service computes from; no sheet is among them."""
    with tarfile.open(target, "w") as archive:
        for path in sorted(homes.rglob("*")) if homes.is_dir() else ():
            if path.is_file() and not any(part.startswith(".") for part in path.relative_to(homes).parts):
                archive.add(path, path.relative_to(homes).as_posix(), recursive=False)


@contextmanager
def _unpacked(archive: Path, homes: Path) -> Iterator[None]:
    """Made ready beside their place, and put there once the databases are restored; else nothing changes."""
    homes.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=homes.parent, prefix=".etudes-") as temporary:
        made = Path(temporary) / "made"
        made.mkdir(mode=0o700)
        with tarfile.open(archive) as packed:
            packed.extractall(made, filter="data")
        yield
        if homes.exists():
            homes.rename(Path(temporary) / "before")
        made.rename(homes)


def _replace(cluster: Cluster, url: URL, dump: Path, schemas: Sequence[str]) -> None:
    """What is there goes and what was saved comes, in one transaction: whatever version either is of."""
    with tempfile.TemporaryDirectory() as temporary:
        script = Path(temporary) / "restore.sql"
        _program(
            cluster, "pg_restore", url, ("--no-owner", "--no-acl", "--file", str(script), str(dump)), "restore_failed"
        )
        gone = "".join(f"DROP SCHEMA IF EXISTS {schema} CASCADE;" for schema in schemas)
        made = "" if schemas == SCHEMAS else "".join(f"CREATE SCHEMA IF NOT EXISTS {schema};" for schema in schemas)
        options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set", "ON_ERROR_STOP=1")
        script.write_bytes(f"{gone}{made}\n".encode() + script.read_bytes())
        _run(cluster, "psql", url, (*options, "--file", str(script)))


def fingerprint(engine: Engine) -> dict[str, str]:
    """Published table → SHA-256 of its rows as PostgreSQL writes them, in the order of their key."""
    found = {}
    with engine.connect() as connection:
        for name, table in published_tables().items():
            keys = ", ".join(f'"{column.name}"' for column in table.primary_key)
            rows = connection.execute(text(f"SELECT t::text FROM published.{name} AS t ORDER BY {keys}")).scalars()  # noqa: S608
            digest = hashlib.sha256()
            for row in rows:
                digest.update(row.encode() + b"\n")
            found[name] = digest.hexdigest()
    return found


def _bases(engine: Engine) -> dict[str, URL]:
    """Ours, and Superset's own where it exists."""
    bases = {"workload": engine.url}
    if _exists(engine, SUPERSET_DATABASE):
        bases[SUPERSET_DATABASE] = engine.url.set(database=SUPERSET_DATABASE)
    return bases


def _exists(engine: Engine, database: str) -> bool:
    with engine.connect() as connection:
        query = text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)")
        if not connection.scalar(query, {"name": database}):
            return False
    other = make_engine(engine.url.set(database=database))
    try:
        with other.connect():
            return True
    except Exception:  # another's database, which we may not enter: then it is not ours to save
        return False
    finally:
        other.dispose()


def _label(folder: Path) -> Mapping[str, Mapping[str, str]]:
    try:
        label: Mapping[str, Mapping[str, str]] = json.loads((folder / LABEL).read_text("utf-8"))
        files = dict(label["files"])
        wrong = [file for file, known in files.items() if _sha256(folder / Path(file).name) != known]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RequestError("backup_unreadable", path=folder) from error
    if wrong or "workload.dump" not in files:
        raise RequestError("backup_damaged", path=folder, files=", ".join(wrong) or "workload.dump")
    return label


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(cluster: Cluster, program: str, url: URL, options: Sequence[str]) -> None:
    failed = "backup_failed" if program == "pg_dump" else "restore_failed"
    _program(cluster, program, url, ("--dbname", str(url.database), "--no-password", *options), failed)


def _program(cluster: Cluster, program: str, url: URL, options: Sequence[str], failed: str) -> None:
    """The password goes through the environment; what the program says stays out of our words."""
    where = {
        "PGHOST": url.host or str(url.query.get("host", "")),
        "PGPORT": str(url.port or ""),
        "PGUSER": url.username,
    }
    where |= {f"PG{name.upper()}": str(url.query[name]) for name in ("sslmode", "sslrootcert") if name in url.query}
    env = {"PATH": os.defpath, "LC_ALL": "C"} | {name: value for name, value in where.items() if value}
    if url.password:
        env["PGPASSWORD"] = str(url.password)
    done = subprocess.run([cluster.programs / program, *options], check=False, capture_output=True, env=env)
    if done.returncode:
        raise StoreError(failed, where=shown(url))
