"""`scenario`: what is tried on a study, kept in the database, shown to the HR direction, published to all."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workload.catalogue import number, text
from workload.commands.console import Steps, aligned, language, say_warnings

if TYPE_CHECKING:
    from workload.store.publish import Releases
    from workload.store.scenarios import SavedScenario

scenarios = typer.Typer(help="Les scénarios d’une étude : brouillon, partagé, publié.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DOSSIER", help="Le dossier de l’étude.")]
ScenarioPath = Annotated[
    Path, typer.Option("--scenario", metavar="FICHIER", help="Ce que le scénario change d’etude.yaml (voir le guide).")
]
Draws = Annotated[int, typer.Option("--draws", metavar="N", help="Nombre de tirages.")]
By = Annotated[str, typer.Option("--by", metavar="NOM", help="Qui agit : le journal le garde.")]


@scenarios.command("save")
def save(folder: Folder, scenario: ScenarioPath, draws: Draws = 400, by: By = "ligne de commande") -> None:
    """Calcule un scénario et le garde en brouillon : personne d’autre ne le voit."""
    _run(folder, scenario, draws, by, "draft")


@scenarios.command("preview")
def preview(folder: Folder, scenario: ScenarioPath, draws: Draws = 400, by: By = "ligne de commande") -> None:
    """Calcule un scénario et dit ce qui serait montré ou masqué ; rien n’est gardé ni publié."""
    _run(folder, scenario, draws, by, "preview")


@scenarios.command("share")
def share(folder: Folder, scenario: ScenarioPath, draws: Draws = 400, by: By = "ligne de commande") -> None:
    """Montre un scénario à la direction seule ; il peut encore changer."""
    _run(folder, scenario, draws, by, "shared")


@scenarios.command("publish")
def publish(folder: Folder, scenario: ScenarioPath, draws: Draws = 400, by: By = "ligne de commande") -> None:
    """Publie un scénario : tous les comptes de lecture le voient, et il ne change plus."""
    _run(folder, scenario, draws, by, "published")


@scenarios.command("list")
def show() -> None:
    """Les scénarios gardés."""
    from workload.store import open_store
    from workload.store.scenarios import list_scenarios

    with open_store() as engine:
        rows = [
            [s.title, text(f"scenario_status_{s.status}", language()), (s.run_id or "")[:12], s.created_by]
            for s in list_scenarios(engine)
        ]
    typer.echo(aligned(rows) if rows else text("scenario_none", language()))


def _run(folder: Path, path: Path, draws: int, by: str, wanted: str) -> None:
    from workload.ingest.scenario_file import read_scenario
    from workload.store import StoreSettings, open_store

    settings = StoreSettings()
    asked = read_scenario(path)
    with Steps() as steps, open_store(settings) as engine:
        saved, releases = keep(engine, settings, folder, asked, draws, by, wanted, steps)
    run = ((saved.run_id if saved else "") or "")[:12]
    typer.echo(text(f"scenario_done_{wanted}", language(), title=asked.title, run=run))
    if wanted != "draft":
        say_withheld(releases)


def keep(
    engine: Any, settings: Any, folder: Path, asked: Any, draws: int, by: str, wanted: str, steps: Any
) -> "tuple[SavedScenario | None, Releases]":
    """A scenario of a study folder, computed from the folder's own sheets."""
    from workload.ingest.study import read_study
    from workload.services.scenario_runs import keep as keep_scenario
    from workload.store.importing.pseudonyms import pseudonym_key

    study = read_study(folder, steps, pseudonym_key(engine, settings), asked.choices)
    say_warnings(study.warnings)
    kept = keep_scenario(engine, settings, study, asked, draws, by, wanted, steps)
    say_warnings(kept.warnings[len(study.warnings) :])
    return kept.saved, kept.releases


def say_withheld(releases: "Releases") -> None:
    """What is not shown, and what that costs in information."""
    rows = [[text(f"withheld_head_{name}", language()) for name in ("release", "grain", "cells", "withheld", "lost")]]
    for release in releases.withheld:
        rows.append(
            [
                release.release,
                release.grain,
                number(release.cells_n, 0),
                number(release.withheld_n, 0),
                f"{number(100 * release.lost_value_share, 1)} %",
            ]
        )
    typer.echo(aligned(rows))
