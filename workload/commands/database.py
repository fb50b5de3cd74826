"""`db`: the database itself — started, stopped, brought up to date, saved and restored."""

from pathlib import Path
from typing import Annotated

import typer

from workload.catalogue import text
from workload.commands.console import language

db = typer.Typer(
    help="La base de données : démarrer, arrêter, mettre à jour, sauvegarder, restaurer.", no_args_is_help=True
)


@db.command("start")
def start() -> None:
    """Démarre la base intégrée et la laisse tourner."""
    from workload.store import StoreSettings, open_store
    from workload.store.embedded import keep
    from workload.store.engine import shown

    settings = StoreSettings()
    with open_store(settings) as engine:
        if settings.database_url is None:
            keep(settings.data_dir)
        typer.echo(
            text("db_started" if settings.database_url is None else "db_own", language(), where=shown(engine.url))
        )


@db.command("stop")
def stop() -> None:
    """Arrête la base intégrée, si plus rien ne s’en sert."""
    from workload.store import StoreSettings
    from workload.store.embedded import release

    settings = StoreSettings()
    if settings.database_url is not None:
        typer.echo(text("db_not_ours", language()))
        return
    typer.echo(text("db_stopped" if release(settings.data_dir) else "db_in_use", language()))


@db.command("upgrade")
def upgrade() -> None:
    """Met les tables à la version du logiciel ; tout ou rien."""
    from workload.store import open_store
    from workload.store.migrate import revision

    with open_store() as engine:
        typer.echo(text("db_upgraded", language(), version=revision(engine)))


@db.command("backup")
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Où écrire la sauvegarde ; nouveau.")],
) -> None:
    """Sauvegarde la base, et celle de Superset quand elle existe."""
    from workload.store import StoreSettings, open_store
    from workload.store.backup import backup as save

    settings = StoreSettings()
    with open_store(settings) as engine:
        bases = save(engine, settings.data_dir, folder)
    typer.echo(text("db_saved", language(), path=folder, bases=", ".join(bases), data=settings.data_dir))


@db.command("restore")
def restore(
    folder: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Une sauvegarde.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remplace ce que la base contient.")] = False,
) -> None:
    """Restaure une sauvegarde, puis la met à la version du logiciel ; tout ou rien."""
    from workload.store import StoreSettings, open_store
    from workload.store.backup import restore as bring_back
    from workload.store.migrate import migrate
    from workload.store.roles import ensure_roles

    settings = StoreSettings()
    with open_store(settings) as engine:
        ensure_roles(engine, settings.data_dir)
        bases = bring_back(engine, settings.data_dir, folder, replace)
        migrate(engine)
        ensure_roles(engine, settings.data_dir)
    typer.echo(text("db_restored", language(), path=folder, bases=", ".join(bases)))
