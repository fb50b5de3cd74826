"""`runs`: results kept in PostgreSQL."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from workload.catalogue import text
from workload.commands.console import language
from workload.errors import InputError, Issue

runs = typer.Typer(help="Les calculs gardés dans la base.", no_args_is_help=True)


@runs.command("save")
def runs_save(
    report: Annotated[Path, typer.Argument(metavar="RAPPORT", help="Dossier écrit par « workload run ».")],
) -> None:
    """Garde un calcul dans la base ; le même deux fois n’y change rien."""
    from workload.store import open_store, save_run

    path = report / "run.json"
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError([Issue("unreadable_file" if path.is_file() else "missing_file", str(path))]) from error
    with open_store() as engine:
        saved = save_run(engine, document)
    typer.echo(text("run_saved" if saved.new else "run_known", language(), id=saved.id[:12], title=saved.title))


@runs.command("list")
def runs_list() -> None:
    """Les calculs gardés, le plus récent d’abord."""
    from workload.store import list_runs, open_store

    with open_store() as engine:
        for saved in list_runs(engine):
            typer.echo(f"{saved.id[:12]}  {saved.saved_at:%d/%m/%Y %H:%M}  {saved.title}")


@runs.command("show")
def runs_show(prefix: Annotated[str, typer.Argument(metavar="ID", help="Le début de son identifiant.")]) -> None:
    """Écrit un calcul gardé sur la sortie standard, en JSON."""
    from workload.store import load_run, open_store

    with open_store() as engine:
        sys.stdout.write(json.dumps(load_run(engine, prefix), ensure_ascii=False, indent=1) + "\n")
