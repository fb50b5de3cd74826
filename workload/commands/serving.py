"""`up`: everything that people look at, on this machine, until it is told to stop."""

import hashlib
import json
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workload.catalogue import text
from workload.commands.console import Steps, language
from workload.errors import RequestError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from workload.store import StoreSettings

BROUGHT_IN = "study_brought_in"
WEB_PASSWORDS = Path("accounts") / "pages.json"
HEALTH_S = 0.3
FIRST = {"login": "admin", "first_name": "Administration", "last_name": "", "role": "administration"}
OPENINGS = {"brouillon": "draft", "partage": "shared", "publie": "published"}


def up(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DOSSIER", help="Une étude à importer et publier d’abord, avec ses scénarios."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Nombre de tirages.")] = 400,
    port: Annotated[int, typer.Option("--port", metavar="N", help="Port de Superset sur cette machine.")] = 8088,
    web_port: Annotated[int, typer.Option("--web-port", metavar="N", help="Port des pages sur cette machine.")] = 8000,
) -> None:
    """Démarre la base, les pages, les travaux et Superset, et dit où les trouver ; Ctrl-C arrête tout."""
    from workload.services.lineage import WITH_PARENT
    from workload.services.process import HOST, free_port
    from workload.services.superset import superset_running
    from workload.store import StoreSettings, open_store

    told_to_stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: told_to_stop.set())
    web_port = free_port(web_port)
    address = f"http://{HOST}:{web_port}"
    public = os.environ.get("WORKLOAD_WEB_BASE_URL", address).rstrip("/")
    settings = StoreSettings()
    if settings.web_url is None:
        settings = settings.model_copy(update={"web_url": f"{public}/campagnes"})
    with open_store(settings) as engine:
        if folder is not None:
            bring_in(engine, settings, folder, draws)
        told = first_accounts(engine, settings)
        typer.echo(text("up_starting", language()), err=True)
        with superset_running(engine, settings.data_dir, port=port, entry=public) as superset:
            environment = os.environ | {
                "WORKLOAD_WEB_BASE_URL": public,
                "WORKLOAD_WEB_SUPERSET_URL": os.environ.get("WORKLOAD_WEB_SUPERSET_URL", superset.address),
                "WORKLOAD_WEB_URL": settings.web_url or "",
                WITH_PARENT: "1",
            }
            _serve(settings, web_port, environment, told, superset.address, told_to_stop)
        typer.echo(text("up_stopped", language()), err=True)


def _serve(
    settings: "StoreSettings",
    port: int,
    environment: dict[str, str],
    told: dict[str, str],
    superset: str,
    told_to_stop: threading.Event,
) -> None:
    """Pages and worker until told to stop; one that dies is started again."""
    from workload.services.process import HOST, healthy
    from workload.services.programs import Program, look_after

    logs = settings.data_dir / "journaux"
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    programs = (
        Program("web", ("serve", "--port", str(port)), environment, logs / "pages.log"),
        Program("worker", ("worker",), environment, logs / "travaux.log"),
    )

    def say_ready() -> None:
        while not (healthy(port, "/sante") or told_to_stop.wait(HEALTH_S)):
            pass
        if not told_to_stop.is_set():
            _say(f"http://{HOST}:{port}", superset, told, settings.data_dir / WEB_PASSWORDS)

    threading.Thread(target=say_ready, daemon=True).start()

    def on_start(program: Program, pid: int, again: bool) -> None:
        if again:
            typer.echo(text("up_again", language(), name=program.name, log=program.log), err=True)

    look_after(programs, told_to_stop, on_start)


def bring_in(engine: "Engine", settings: "StoreSettings", folder: Path, draws: int) -> None:
    """A study's files and scenarios into the database; nothing to do where they are there already."""
    from workload.ingest.scenario_file import read_scenario, scenario_files
    from workload.services.scenario_runs import keep
    from workload.services.studies import adopt, read_stored
    from workload.store.audit import record, recorded
    from workload.store.importing import import_files

    mark = _mark(folder, draws)
    if recorded(engine, BROUGHT_IN, mark):
        return
    by = text("up_by", language())
    typer.echo(text("up_importing", language(), folder=folder), err=True)
    import_files(engine, _files(folder), folder, by, settings=settings)
    home = adopt(settings, folder)
    for path in scenario_files(folder):
        asked = read_scenario(path)
        typer.echo(text("up_scenario", language(), title=asked.title), err=True)
        try:
            with Steps() as steps:
                study = read_stored(engine, settings, home, steps, asked.choices)
                keep(engine, settings, study, asked, draws, by, OPENINGS[asked.opened], steps)
        except RequestError as error:
            if error.code != "scenario_published":
                raise
            typer.echo(text("up_scenario_kept", language(), title=asked.title), err=True)
    with engine.begin() as connection:
        record(connection, by, BROUGHT_IN, mark)


def first_accounts(engine: "Engine", settings: "StoreSettings") -> dict[str, str]:
    """Login → password of the accounts made just now: an administrator, who makes the others; for a demonstration one
    of each role. Nothing where there are accounts already."""
    from workload.services.people import Person, demo_people
    from workload.services.studies import study_homes
    from workload.store.account_kinds import Role
    from workload.store.accounts import NewAccount, list_accounts, make_account
    from workload.store.roles import write_secret

    if list_accounts(engine):
        return {}
    homes = study_homes(settings)
    demonstration = bool(homes) and all(home.register().settings.simulated for home in homes)
    people = demo_people() if demonstration else (Person.model_validate(FIRST),)
    by = text("up_by", language())
    told = {}
    for person in people:
        new = NewAccount(person.login, f"{person.first_name} {person.last_name}", Role(person.role), person.territory)
        told[person.login] = make_account(engine, new, by, must_change=not demonstration).password
    write_secret(settings.data_dir / WEB_PASSWORDS, json.dumps(told, indent=1, ensure_ascii=False))
    return told


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


def _say(address: str, superset: str, told: dict[str, str], passwords: Path) -> None:
    typer.echo(text("up_web", language(), address=address))
    typer.echo(text("up_superset", language(), address=superset))
    if told:
        typer.echo(text("up_passwords", language(), path=passwords))
        for login, password in told.items():
            typer.echo(f"  {login:<24} {password}")
    else:
        typer.echo(text("up_passwords_known", language(), path=passwords))
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
