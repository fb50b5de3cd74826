"""Apache Superset on this machine, beside the database: prepared where something changed, started, stopped.

with open_store(settings) as engine, superset_running(engine, settings.data_dir, entry=web_address) as superset:
    print(superset.address)

entry: the web app whose account opens Superset, without a second password. Without it, Superset has passwords of its
own for the people of a list.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine

from workload.services.errors import ServiceError
from workload.services.people import load_people, the_owner
from workload.services.process import HOST, free_port, healthy, running_process, wait_until
from workload.services.superset_home import Home, environment, locate_superset
from workload.services.superset_setup import prepare
from workload.store.roles import ensure_roles

PORT = 8088
PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Superset:
    address: str
    pid: int  # of gunicorn's own process, which leads its group
    prepared: bool  # whether something had changed
    passwords: dict[str, str] = field(repr=False)  # drawn just now, to be shown once
    passwords_file: Path


@contextmanager
def superset_running(
    engine: Engine,
    data_dir: Path,
    *,
    port: int = PORT,
    people: Path | None = None,
    assets: Path | None = None,
    programs: Path | None = None,
    entry: str | None = None,
) -> Iterator[Superset]:
    """Superset while the context lasts, on this machine's own address only."""
    home = locate_superset(ensure_roles(engine, data_dir), data_dir, programs, entry)
    known = the_owner(data_dir) if home.entry else load_people(people or home.files / "demo_accounts.yaml", data_dir)
    prepared = prepare(engine, home, known.persons, assets)
    port = free_port(port)
    with running_process(_gunicorn(home, port), environment(home), home.data, home.log) as process:
        if not wait_until(lambda: healthy(port), process, PATIENCE_S):
            raise ServiceError("service_superset_silent", log=home.log)
        yield Superset(f"http://{HOST}:{port}", process.pid, prepared, known.told(), known.file)


def _gunicorn(home: Home, port: int) -> list[str]:
    return [
        str(home.python),
        *("-m", "gunicorn"),
        *("--config", str(home.files / "gunicorn_settings.py")),
        *("--bind", f"{HOST}:{port}"),
        "superset.app:create_app()",
    ]
