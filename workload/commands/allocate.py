"""`allocate`: posts for a plain table of needs."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workload.catalogue import error_text, posts_text, text
from workload.commands.console import aligned, language, say_warnings
from workload.errors import WorkloadError

if TYPE_CHECKING:
    from workload.allocation.table import TableAllocation
    from workload.allocation.table_variants import Variant

TIES_NAMED_AT_MOST = 12


def allocate(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE.csv", help="unit,need_fte[,current,floor,ceiling,territory,mission,profession,site]"
        ),
    ],
    total: Annotated[
        str | None, typer.Option("--total", metavar="N", help="Nombre de postes à répartir ; sinon ceux d’aujourd’hui.")
    ] = None,
    step: Annotated[str, typer.Option("--step", metavar="1|0.5|0.1", help="Pas, en postes.")] = "0.5",
    fairness: Annotated[
        str,
        typer.Option("--fairness", metavar="CHOIX", help="least-squares, least-maximum, least-absolute ou geometric."),
    ] = "least-squares",
    minimum: Annotated[str | None, typer.Option("--min", metavar="N", help="Plancher commun, en postes.")] = None,
    pools: Annotated[
        str | None,
        typer.Option("--pools", metavar="mission,profession", help="Ce qui garde chacun son total d’aujourd’hui."),
    ] = None,
    rules: Annotated[Path | None, typer.Option("--rules", metavar="regles.yaml", help="Les autres règles.")] = None,
    all_fairness: Annotated[bool, typer.Option("--all-fairness", help="Les quatre équités côte à côte.")] = False,
    all_steps: Annotated[bool, typer.Option("--all-steps", help="Postes entiers, demis, dixièmes.")] = False,
    time_limit: Annotated[
        str | None, typer.Option("--time-limit", metavar="S", help="Secondes de calcul au plus.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tout, en JSON.")] = False,
) -> None:
    """Répartit des postes sur une simple table de besoins ; le résultat va sur la sortie standard, en CSV."""
    from workload.allocation.table import run_allocate
    from workload.allocation.table_output import to_csv, to_json
    from workload.allocation.table_variants import by_fairness, by_step

    result = run_allocate(table, total, step, fairness, minimum, pools=pools, rules=rules, time_limit=time_limit)
    say_warnings(result.warnings)
    _say_proof(result)
    if not (all_fairness or all_steps):
        sys.stdout.write(to_json(result) if as_json else to_csv(result))
        return
    found: dict[str, dict[str, Variant]] = {}
    if all_fairness:
        found["fairness"] = by_fairness(result.instance)
    if all_steps:
        found["step"] = by_step(result.instance)
    if as_json:
        sys.stdout.write(
            json.dumps({kind: _document(v, result) for kind, v in found.items()}, ensure_ascii=False, indent=1) + "\n"
        )
        return
    for kind, variants in found.items():
        _say_variants(kind, variants, result)


def _say_proof(result: "TableAllocation") -> None:
    """What the figures alone do not show: no proof in time, and who was told apart by the lot only."""
    if result.allocation.status != "OPTIMAL":
        typer.echo(text(f"table_status_{result.allocation.status.lower()}", language()), err=True)
    if tied := result.allocation.tied:
        names = ", ".join(tied[:TIES_NAMED_AT_MOST]) + (" …" if len(tied) > TIES_NAMED_AT_MOST else "")
        typer.echo(text("table_tied", language(), units=names), err=True)


def _document(variants: "Mapping[str, Variant]", result: "TableAllocation") -> dict[str, object]:
    units = result.instance.units
    return {
        name: {"refused": error_text(posts, language())}
        if isinstance(posts, WorkloadError)
        else {unit: float(n) for unit, n in zip(units, posts, strict=True)}
        for name, posts in variants.items()
    }


def _say_variants(kind: str, variants: "Mapping[str, Variant]", result: "TableAllocation") -> None:
    """One column per choice, then what each implies or why it is refused."""
    heads = [text(f"table_variant_{kind}", language(), name=_decimal(name)) for name in variants]
    rows = [["", *heads]]
    for t, unit in enumerate(result.instance.units):
        cells = [
            "—" if isinstance(v, WorkloadError) else posts_text(float(v[t]), language()) for v in variants.values()
        ]
        rows.append([unit, *cells])
    typer.echo(aligned(rows) + "\n")
    for name, posts in variants.items():
        if isinstance(posts, WorkloadError):
            typer.echo(f"{_decimal(name)} : {error_text(posts, language())}")
        elif kind == "fairness":
            typer.echo(f"{name} : {text('allocation_implies_' + name.replace('-', '_'), language())}")


def _decimal(name: str) -> str:
    return name.replace(".", ",") if language() == "fr" else name
