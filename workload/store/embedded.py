"""PostgreSQL on one machine: started with the first process that needs it, stopped with the last.

Each process holds a shared lock on a file while it uses the server; who can make it exclusive is the last. The kernel
drops a lock however a process ends, so a killed one leaves nothing to count wrongly.
"""

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
from sqlalchemy import URL

from workload.store.access import ADMINISTRATOR, write_rules
from workload.store.cluster import Cluster, locate, unusable
from workload.store.engine import DRIVER, StoreError

DATABASE = "workload"
PORT = 5432
"""Only names the socket file; given everywhere, or PGPORT would change it."""

PATIENCE_S = 10.0
PG_CTL_PATIENCE_S = 60

OPTIONS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",  # the data directory, mode 700, wherever it is moved
    # Logs count, never quote: no statement, no row, no key.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


@contextmanager
def running(data_dir: Path) -> Iterator[URL]:
    """The address of a server that answers, for the administrator, over its socket."""
    cluster = locate(data_dir)
    users = _open_lock(cluster.base / ".postgresql.users")
    try:
        try:
            with _alone(cluster):
                fcntl.flock(users, fcntl.LOCK_SH)
                _ready(cluster)
            yield _url(cluster)
        finally:
            with _alone(cluster):
                if _last(users) and not _kept(cluster).exists():
                    _stop(cluster)
    finally:
        os.close(users)


def keep(data_dir: Path) -> None:
    """Lets the server run on when the last process has left, until `release`. Called while it runs."""
    _kept(locate(data_dir)).touch(mode=0o600)


def release(data_dir: Path) -> bool:
    """Takes `keep` back and stops the server if nobody uses it; whether it is stopped."""
    cluster = locate(data_dir)
    users = _open_lock(cluster.base / ".postgresql.users")
    try:
        with _alone(cluster):
            _kept(cluster).unlink(missing_ok=True)
            if not _last(users):
                return False
            _stop(cluster)
            return True
    finally:
        os.close(users)


def _kept(cluster: Cluster) -> Path:
    return cluster.base / ".postgresql.kept"


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise unusable(error, path) from error


@contextmanager
def _alone(cluster: Cluster) -> Iterator[None]:
    """One process at a time starts or stops the server."""
    handle = _open_lock(cluster.base / ".postgresql.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ready(cluster: Cluster) -> None:
    try:
        _start(cluster)
        _ensure_database(cluster)
    except OSError as error:
        raise unusable(error, cluster.data) from error
    except psycopg.Error:
        raise StoreError("store_embedded_silent", log=cluster.log) from None


def _start(cluster: Cluster) -> None:
    """Starts the server, or joins the one that runs; returns once a connection was made, whatever pg_ctl reports."""
    if not (cluster.data / "PG_VERSION").exists():
        _initialise(cluster)
    write_rules(cluster.data, cluster.account)
    if process := _postmaster(cluster):
        process.send_signal(signal.SIGHUP)  # reads the rules anew
    deadline = time.monotonic() + PATIENCE_S
    while not _answers(cluster):
        if time.monotonic() > deadline:
            raise StoreError("store_embedded_silent", log=cluster.log)
        if not _postmaster(cluster):
            _forget_stale_pid(cluster)
            began = time.monotonic()
            code = cluster.execute("pg_ctl", *_in(cluster), "-l", str(cluster.log), "-o", _options(), "start")
            if code == 0:
                deadline += time.monotonic() - began  # recovery after a crash may be long; a refusal is not waited for
        else:
            time.sleep(0.1)


def _initialise(cluster: Cluster) -> None:
    """A new data directory, complete or absent: made beside its place, then moved.

    The collation is PostgreSQL's own, so the order of text does not depend on the machine.
    """
    made = cluster.base / f".{cluster.data.name}.new"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(mode=0o700)
    if os.geteuid() != cluster.account.pw_uid:
        os.chown(made, cluster.account.pw_uid, cluster.account.pw_gid)
    code = cluster.execute(
        *("initdb", "--pgdata", str(made), "--username", ADMINISTRATOR, "--encoding", "UTF8", "--locale", "C"),
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *("--auth-local", "peer", "--auth-host", "scram-sha-256"),
    )
    if code:
        raise StoreError("store_embedded_not_made", path=cluster.data)
    made.rename(cluster.data)


def _postmaster(cluster: Cluster) -> psutil.Process | None:
    """The server's own process. A living process with the number in postmaster.pid may be any other, or a zombie."""
    pid = _recorded_pid(cluster)
    try:
        process = psutil.Process(pid) if pid else None
        return process if process and process.name() == "postgres" and process.cwd() == str(cluster.data) else None
    except psutil.Error:
        return None


def _recorded_pid(cluster: Cluster) -> int | None:
    try:
        return int((cluster.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _forget_stale_pid(cluster: Cluster) -> None:
    """PostgreSQL sees for itself that a process is gone, not that its number now belongs to another.

    Safe although it is not the server that decides: it also refuses while anybody holds the shared memory.
    """
    pid = _recorded_pid(cluster)
    if pid is None or psutil.pid_exists(pid):
        (cluster.data / "postmaster.pid").unlink(missing_ok=True)


def _answers(cluster: Cluster) -> bool:
    try:
        _connect(cluster, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _connect(cluster: Cluster, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(cluster.data), port=PORT, user=ADMINISTRATOR, dbname=database, connect_timeout=5, autocommit=True
    )


def _ensure_database(cluster: Cluster) -> None:
    """Our own database; other roles enter it only once we grant them CONNECT."""
    with _connect(cluster, "postgres") as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(f'CREATE DATABASE "{DATABASE}"')
        connection.execute(f'REVOKE ALL ON DATABASE "{DATABASE}" FROM PUBLIC')


def _url(cluster: Cluster) -> URL:
    query = {"host": str(cluster.data)}
    return URL.create(DRIVER, username=ADMINISTRATOR, port=PORT, database=DATABASE, query=query)


def _stop(cluster: Cluster) -> None:
    for mode in ("fast", "immediate"):
        if _postmaster(cluster):
            cluster.execute("pg_ctl", *_in(cluster), "-m", mode, "stop")


def _in(cluster: Cluster) -> tuple[str, ...]:
    return ("-D", str(cluster.data), "-w", "-t", str(PG_CTL_PATIENCE_S), "-s")


def _options() -> str:
    return " ".join([f"-p {PORT}", *(f"-c {name}='{value}'" for name, value in OPTIONS.items())])
