"""`up`: everything that people look at, on this machine, until it is told to stop."""

import hashlib
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workload.catalogue import text
from workload.commands.console import Steps, language
from workload.commands.scenarios import keep
from workload.errors import RequestError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workload.services.superset import Superset
    from workload.store import StoreSettings

BROUGHT_IN = "study_brought_in"
OPENINGS = {"brouillon": "draft", "partage": "shared", "publie": "published"}


def up(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DOSSIER", help="Une étude à importer et publier d’abord, avec ses scénarios."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Nombre de tirages.")] = 400,
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port de Superset sur cette machine.")] = 8088,
) -> None:
    """Démarre la base et Superset, et dit où les trouver ; Ctrl-C arrête tout."""
    from workload.services.superset import superset_running
    from workload.store import StoreSettings, open_store

    settings = StoreSettings()
    told_to_stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: told_to_stop.set())
    with open_store(settings) as engine:
        if folder is not None:
            bring_in(engine, settings, folder, draws)
        typer.echo(text("up_starting", language()), err=True)
        with superset_running(engine, settings.data_dir, port=port) as superset:
            _say(superset)
            told_to_stop.wait()
        typer.echo(text("up_stopped", language()), err=True)


def bring_in(engine: "Engine", settings: "StoreSettings", folder: Path, draws: int) -> None:
    """A study's files and scenarios into the database; nothing to do where they are there already."""
    from workload.ingest.scenario_file import read_scenario, scenario_files
    from workload.store.audit import record, recorded
    from workload.store.importing import import_files

    mark = _mark(folder, draws)
    if recorded(engine, BROUGHT_IN, mark):
        return
    by = text("up_by", language())
    typer.echo(text("up_importing", language(), folder=folder), err=True)
    import_files(engine, _files(folder), folder, by, settings=settings)
    for path in scenario_files(folder):
        asked = read_scenario(path)
        typer.echo(text("up_scenario", language(), title=asked.title), err=True)
        try:
            with Steps() as steps:
                keep(engine, settings, folder, asked, draws, by, OPENINGS[asked.opened], steps)
        except RequestError as error:
            if error.code != "scenario_published":
                raise
            typer.echo(text("up_scenario_kept", language(), title=asked.title), err=True)
    with engine.begin() as connection:
        record(connection, by, BROUGHT_IN, mark)


def _files(folder: Path) -> list[Path]:
    """What a person would drop on the import page: places, posts, counts, sheets."""
    from workload.ingest.grid import SUFFIXES
    from workload.ingest.indicators import FOLDER
    from workload.ingest.study import SURVEYS

    found = [folder / "territoires.xlsx", folder / "postes.xlsx"]
    found += [path for name in (FOLDER, SURVEYS) for path in sorted((folder / name).glob("*"))]
    return [path for path in found if path.suffix.lower() in SUFFIXES and path.is_file()]


def _mark(folder: Path, draws: int) -> str:
    """Of every byte of the study's files: the same folder is brought in once."""
    digest = hashlib.sha256(f"{draws}".encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _say(superset: "Superset") -> None:
    typer.echo(text("up_superset", language(), address=superset.address))
    if superset.passwords:
        typer.echo(text("up_passwords", language(), path=superset.passwords_file))
        for login, password in superset.passwords.items():
            typer.echo(f"  {login:<24} {password}")
    else:
        typer.echo(text("up_passwords_known", language(), path=superset.passwords_file))
    typer.echo(text("up_until", language()))


def dashboards_export() -> None:
    """Réécrit dans le projet les tableaux de bord modifiés à la main dans Superset."""
    from workload.services.superset_home import locate_superset
    from workload.services.superset_setup import export_assets
    from workload.store import StoreSettings, open_store
    from workload.store.roles import ensure_roles

    settings = StoreSettings()
    with open_store(settings) as engine:
        home = locate_superset(ensure_roles(engine, settings.data_dir), settings.data_dir)
        changed = export_assets(home)
    typer.echo(text("dashboards_exported" if changed else "dashboards_same", language(), n=len(changed)))
    for name in changed:
        typer.echo(f"  {name}")
