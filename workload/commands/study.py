"""`run` and `compare`: whole study folders."""

import json
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workload.catalogue import posts_text, signed, text
from workload.commands.console import Steps, aligned, language, say_warnings
from workload.errors import RequestError

if TYPE_CHECKING:
    from workload.pipeline.compare_runs import MissionComparison

LEAST_DRAWS = 1


def run(
    folder: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Le dossier de l’étude.")],
    out: Annotated[Path, typer.Option("--out", metavar="DOSSIER", help="Où écrire le rapport.")],
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Nombre de tirages.")] = 400,
    seed: Annotated[int | None, typer.Option("--seed", metavar="N", help="Graine ; sinon celle de etude.yaml.")] = None,
) -> None:
    """Lit un dossier d’étude et écrit le rapport : run.json, rapport.html, rapport.xlsx."""
    from workload.ingest.study import read_study
    from workload.pipeline import run as run_study

    if draws < LEAST_DRAWS:
        raise RequestError("bad_draws", value=draws, least=LEAST_DRAWS)
    if seed is not None and seed < 0:
        raise RequestError("bad_seed", value=seed)
    _require_place(out)
    with Steps() as steps:
        study = read_study(folder, steps)
        result = run_study(study, draws, seed, steps)
        steps("report", 0, 1)
        _write(result, out)
    say_warnings(study.warnings)
    for mission in result.missions.values():
        ledgers = mission.justification.ledgers
        moves = [
            text(
                "done_move",
                territory=result.territory_names[x.unit],
                before=posts_text(float(x.current)),
                after=posts_text(float(x.final)),
            )
            for x in ledgers
            if x.change
        ]
        typer.echo(
            text(
                "done_mission",
                mission=mission.name,
                total=posts_text(float(sum(x.current for x in ledgers))),
                after=posts_text(float(sum(x.final for x in ledgers))),
                moves=", ".join(moves) or text("done_no_move"),
            )
        )
    typer.echo(text("done_report", path=out))


def _require_place(out: Path) -> None:
    """A new folder, an empty one, or one that holds an earlier report: nothing else is ever written into."""
    try:
        taken = out.exists() and not (out.is_dir() and (not any(out.iterdir()) or (out / "run.json").is_file()))
    except OSError as error:
        raise RequestError("out_not_writable", path=out) from error
    if taken:
        raise RequestError("out_exists", path=out)


def _write(result: Any, out: Path) -> None:
    """Everything beside the target first, then moved: a report is there whole or not at all."""
    from workload.reporting.html import write_html
    from workload.reporting.run_json import run_json
    from workload.reporting.workbook import write_workbook

    stamp = datetime.now(UTC).astimezone()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".rapport-") as temporary:
            made = Path(temporary)
            (made / "run.json").write_text(run_json(result, stamp.isoformat(timespec="seconds")), "utf-8")
            shown = f"{stamp:%d/%m/%Y à %H:%M}"
            write_html(result, made / "rapport.html", shown)
            write_workbook(result, made / "rapport.xlsx", shown)
            out.mkdir(exist_ok=True)
            for path in sorted(made.iterdir()):
                shutil.move(path, out / path.name)
    except OSError as error:
        raise RequestError("out_not_writable", path=out) from error


def compare(
    first: Annotated[Path, typer.Argument(metavar="DOSSIER_A", help="L’étude d’avant.")],
    second: Annotated[Path, typer.Argument(metavar="DOSSIER_B", help="L’étude d’après.")],
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Nombre de tirages.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Tout, en JSON, au nombre exact.")] = False,
) -> None:
    """Compare deux études : pour chaque territoire, d’où vient l’écart entre les deux répartitions."""
    from workload.ingest.study import read_study
    from workload.pipeline import run as run_study
    from workload.pipeline.compare_runs import compare_runs

    if draws < LEAST_DRAWS:
        raise RequestError("bad_draws", value=draws, least=LEAST_DRAWS)
    with Steps() as steps:
        results = [run_study(read_study(folder, steps), draws, None, steps) for folder in (first, second)]
    for result in results:
        say_warnings(result.study.warnings)
    found = compare_runs(*results)
    if as_json:
        sys.stdout.write(json.dumps([_comparison(mission) for mission in found], ensure_ascii=False, indent=1) + "\n")
        return
    for mission in found:
        _say_comparison(mission)
    typer.echo(text("compare_legend", language()))


def _comparison(mission: "MissionComparison") -> dict[str, Any]:
    """Posts as exact fractions in text."""
    return {
        "mission": mission.id,
        "name": mission.name,
        "territories": [
            {
                "id": unit.unit,
                "name": mission.territory_names[unit.unit],
                "before": str(unit.before),
                "rows": {change.value: str(posts) for change, posts in unit.rows},
                "after": str(unit.after),
            }
            for unit in mission.units
        ],
        "only_in": mission.only_in,
    }


def _say_comparison(mission: "MissionComparison") -> None:
    typer.echo(mission.name)
    if mission.only_in:
        typer.echo(text(f"compare_only_{mission.only_in}", language()) + "\n")
        return
    changes = [change for change, _ in mission.units[0].rows]
    heads = [text(f"compare_head_{name}", language()) for name in ("before", *changes, "after")]
    rows = [["", *heads]]
    for unit in mission.units:
        moved = [signed(float(posts), 2, language()) for _, posts in unit.rows]
        ends = [posts_text(float(posts), language()) for posts in (unit.before, unit.after)]
        rows.append([mission.territory_names[unit.unit], ends[0], *moved, ends[1]])
    typer.echo(aligned(rows) + "\n")
