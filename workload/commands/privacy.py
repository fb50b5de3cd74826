"""`privacy`: one agent's data out of the store, what is too old too, and what is held. Counts, never names."""

from dataclasses import asdict
from typing import Annotated

import typer

from workload.catalogue import text
from workload.commands.console import aligned, language

privacy = typer.Typer(help="Données des personnes : effacer, purger, dire ce qui est gardé.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", metavar="NOM", help="Qui agit : le journal le garde.")]
Apply = Annotated[bool, typer.Option("--apply", help="Efface pour de bon ; sans cette option, compte seulement.")]


@privacy.command("erase")
def erase(
    agent: Annotated[
        str,
        typer.Option(
            "--agent",
            metavar="CODE",
            prompt="Code de l’agent",
            help="Demandé si absent, sans l’afficher.",
            hide_input=True,
        ),
    ],
    apply: Apply = False,
    by: By = "ligne de commande",
) -> None:
    """Efface ce qu’un agent a noté : réponses, refus, pseudonyme des registres. Les figures publiées restent."""
    from workload.jobs.depots import sweep
    from workload.store import StoreSettings, open_store
    from workload.store.privacy import erase_agent
    from workload.store.tasks import open_tasks

    settings = StoreSettings()
    with open_store(settings) as engine:
        found = erase_agent(engine, settings, agent, by, apply=apply)
        if apply:  # refused files may hold what she noted: they were to be sent again anyway
            sweep(settings, set(open_tasks(engine)))
    _say(asdict(found))
    typer.echo(
        text("privacy_nothing" if not found.anything else "privacy_erased" if apply else "privacy_dry", language())
    )


@privacy.command("retention")
def retention(
    months: Annotated[int, typer.Option("--months", metavar="N", help="Garder les relevés N mois.")] = 36,
    days: Annotated[int, typer.Option("--days", metavar="N", help="Garder sessions, essais et envois N jours.")] = 90,
    apply: Apply = False,
    by: By = "ligne de commande",
) -> None:
    """Purge ce qui est plus vieux que la durée de conservation."""
    from workload.jobs.depots import sweep
    from workload.store import StoreSettings, open_store
    from workload.store.retention import clean
    from workload.store.tasks import kept_tasks

    settings = StoreSettings()
    with open_store(settings) as engine:
        found = clean(engine, months, days, by, apply=apply)
        if apply:
            sweep(settings, kept_tasks(engine), days)
    _say(asdict(found))
    typer.echo(text("privacy_cleaned" if apply else "privacy_dry", language()))


@privacy.command("report")
def report() -> None:
    """Ce que la base garde des personnes, compté."""
    from workload.store import open_store
    from workload.store.retention import held

    with open_store() as engine:
        _say(asdict(held(engine)))


def _say(counts: dict[str, object]) -> None:
    rows = [
        [text(f"privacy_{name}", language()), "–" if value is None else str(value)] for name, value in counts.items()
    ]
    typer.echo(aligned(rows))
