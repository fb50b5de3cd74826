"""Prepares Superset, or sees that nothing changed since it last did.

What it was prepared from is kept as two fingerprints in a comment on Superset's own database, so they go when it goes.
"""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from workload.services.errors import ServiceError
from workload.services.people import Person
from workload.services.superset_home import Home, environment
from workload.store.roles import SUPERSET_DATABASE
from workload.store.tables import PUBLISHED

PATIENCE_S = 600


def prepare(engine: Engine, home: Home, people: Sequence[Person], assets: Path | None = None) -> bool:
    """Whether there was anything to do."""
    assets = assets or home.assets
    programs, rights = _programs(home), _rights(engine, home, people, assets)
    before = _remembered(engine)
    if before == (programs, rights):
        return False
    answer = _run(
        home,
        "setup",
        {
            "programs": before[:1] != (programs,),
            "assets": str(assets),
            "roles": str(home.files / "roles.yaml"),
            "people": [_plain(person) for person in people],
            "entry": bool(home.entry),
        },
    )
    if not answer.get("ok"):
        raise ServiceError("service_superset_not_prepared", problem=answer.get("problem", ""), log=home.log)
    _remember(engine, programs, rights)
    return True


def export_assets(home: Home, assets: Path | None = None) -> list[str]:
    """Writes what people edited in Superset back into the folder; the files that changed."""
    answer = _run(home, "export", {"assets": str(assets or home.assets)})
    if not answer.get("ok"):
        raise ServiceError("service_superset_not_exported", problem=answer.get("problem", ""), log=home.log)
    return list(answer["changed"])


def _run(home: Home, task: str, asked: dict[str, Any]) -> dict[str, Any]:
    with home.log.open("ab") as log:
        done = subprocess.run(
            [home.python, home.files / "prepare.py", task],
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(home),
            cwd=home.data,
            check=False,
            timeout=PATIENCE_S,
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {"ok": False, "problem": f"code {done.returncode}"}
    return answer


def _plain(person: Person) -> dict[str, str]:
    password = person.password.get_secret_value() if person.password else ""
    return {**person.model_dump(exclude={"password"}), "password": password}


def _programs(home: Home) -> str:
    """What the installed Superset is: its version and those of what it needs."""
    installed = sorted(path.name for path in home.programs.glob("lib/python*/site-packages/*.dist-info"))
    return _hash(installed)


def _rights(engine: Engine, home: Home, people: Sequence[Person], assets: Path) -> str:
    """Everything that decides who sees what: our files, the people, and the tables as they are now."""
    files = [*home.files.glob("*.py"), *home.files.glob("*.yaml"), *assets.rglob("*.yaml")]
    with engine.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = :schema ORDER BY 1, 2"
            ),
            {"schema": PUBLISHED},
        ).all()
    return _hash(
        [
            *sorted(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files),
            *(repr(person.model_dump(exclude={"password"})) for person in people),
            *(" ".join(row) for row in columns),
            home.accounts.published.get_secret_value(),
            *(["entry"] if home.entry else []),
        ]
    )


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _remembered(engine: Engine) -> tuple[str, ...]:
    query = text("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = :name")
    with engine.connect() as connection:
        return tuple((connection.scalar(query, {"name": SUPERSET_DATABASE}) or "").split())


def _remember(engine: Engine, programs: str, rights: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"COMMENT ON DATABASE {SUPERSET_DATABASE} IS '{programs} {rights}'"))
