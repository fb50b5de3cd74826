"""A server of its own process group: started, waited for, stopped."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from workload.services.errors import ServiceError

HOST = "127.0.0.1"
PORTS_TRIED = 20
STOP_PATIENCE_S = 15.0


def free_port(wanted: int) -> int:
    """The port asked for, else the next that nobody has."""
    for port in range(wanted, wanted + PORTS_TRIED):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServiceError("service_no_port", first=wanted, last=wanted + PORTS_TRIED - 1)


@contextmanager
def running_process(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Runs while the context lasts; Ctrl-C reaches us alone, and we stop it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(arguments),
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks, waits, then ends what is left of the process's group.

    The leader is reaped last: until then its number, which is the group's, cannot become another's.
    """
    if process.returncode is not None:
        return
    for number, patience_s in ((signal.SIGTERM, STOP_PATIENCE_S), (signal.SIGKILL, STOP_PATIENCE_S)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        deadline = time.monotonic() + patience_s
        while not _has_ended(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    process.wait()


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait_until(answers: Callable[[], bool], process: subprocess.Popen[bytes], patience_s: float) -> bool:
    """Whether it answered before it ended or our patience did."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and process.poll() is None:
        if answers():
            return True
        time.sleep(0.2)
    return False


def healthy(port: int, path: str = "/health") -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
