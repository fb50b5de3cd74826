"""What the result stands on: weights, sources, parameters, choices, fingerprints."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from workload.catalogue import number
from workload.reporting import wording
from workload.reporting.dossier.model import Row, Table
from workload.reporting.dossier.reading import Mission, settings
from workload.reporting.dossier.words import apart, entry, say
from workload.store.publishing.words import said
from workload.store.scenario_sheets import Row as SheetRow
from workload.store.scenario_sheets import Sheet

LINES = ("expert", "data", "blended")
OWN_NAMES = "indicateurs"
"""The folder of which files are named one by one; names of survey sheets may carry agents' codes."""
SHARE, POSTS, PURE = "part", "postes", ("corrélation", "distance", "rapport")
"""Units of parameters that read better otherwise than after the figure."""
NAMING = 2
"""Columns before those of the lines: indicator, nature."""


def weight_table(sheet: Sheet, mission: Mission) -> Table:
    lines = {line: wording.spaced(said(f"lines.{line}")) for line in LINES}
    rows: list[Row] = []
    found: dict[tuple[str, str], dict[str, SheetRow]] = {}
    for row in sheet.rows("weight", mission.id):
        found.setdefault((row["domain_label"], row["indicator"]), {})[row["line"]] = row
    domain = None
    for (of_domain, indicator), by_line in found.items():
        if of_domain != domain:
            rows.append(Row((of_domain, "", "", "", ""), "group"))
            domain = of_domain
        nature = next(iter(by_line.values()))["nature"]
        shown = [by_line.get(lines[line]) for line in LINES]
        decides = next((NAMING + k for k, row in enumerate(shown) if row and row["retained"]), -1)
        rows.append(Row((indicator, nature, *map(_weight, shown)), "", decides))
    columns = (entry("weights.indicator"), entry("weights.nature"), *(entry(f"weights.lines.{line}") for line in LINES))
    caption = say("weights.caption", mission=mission.name)
    numeric = (False, False, True, True, True)
    return Table(caption, columns, numeric, tuple(rows), (1, 0, 0, 0, 0), entry("weights.nature_note"))


def _weight(row: SheetRow | None) -> str:
    if row is None:
        return wording.words("units.missing")
    shown = wording.figures(row["minutes_per_unit"])
    if row["low"] is not None and row["high"] is not None:
        low, high = wording.figures(row["low"]), wording.figures(row["high"])
        shown = say("weights.interval", value=shown, low=low, high=high)
    return shown


def source_table(sheet: Sheet) -> Table | None:
    rows = [row for row in sheet.rows("indicator") if row.get("used", True)]
    if not rows:
        return None
    columns = tuple(entry(f"weights.{key}") for key in ("indicator", "nature", "year", "source"))
    shown = [Row((row["indicator"], row["nature"], str(row["year"]), row["source"])) for row in rows]
    return Table(entry("weights.source_caption"), columns, (False, False, True, False), tuple(shown), (4, 0, 0, 5))


def parameter_tables(sheet: Sheet, missions: Sequence[Mission]) -> tuple[Table, ...]:
    names: Mapping[str, str] = wording.entry("parameters.names")
    rows = []
    for name, of in sheet.study["parameters"].items():
        rows.append(
            Row((names.get(name, name), _valued(float(of["value"]), of["unit"]), str(of["since"])[:4], of["source"]))
        )
    columns = tuple(entry(f"parameters.{key}") for key in ("name", "value", "since", "source"))
    caption = entry("parameters.caption")
    policy = Table(caption, columns, (False, True, True, False), tuple(sorted(rows, key=_first)), (4, 0, 0, 6))
    return (_choices(sheet, missions), policy)


def _valued(value: float, unit: str) -> str:
    if unit == SHARE:
        return wording.percent(value)
    if unit == POSTS:
        return wording.counted(value, "post")
    return _plain(value) if unit in PURE else f"{_plain(value)}{wording.NO_BREAK}{unit}"


def _first(row: Row) -> str:
    return row.cells[0]


def fairness_name(sheet: Sheet) -> str:
    names: Mapping[str, str] = wording.entry("parameters.fairness_names")
    chosen = sheet.rows("scenario")[0]["fairness"]
    return names.get(chosen, chosen)


def proved(missions: Sequence[Mission]) -> str:
    proof = {str(mission.whole["proof"]) for mission in missions}
    if proof == {"OPTIMAL"}:
        return str(entry("parameters.proof_optimal"))
    return say("parameters.proof_none", proof=", ".join(sorted(proof)))


def _choices(sheet: Sheet, missions: Sequence[Mission]) -> Table:
    scenario = sheet.rows("scenario")[0]
    prefix = wording.words("territories.rule_row", rule="")
    rules = dict.fromkeys(
        row["label"].removeprefix(prefix) for row in sheet.rows("ledger") if row["kind"] == said("kinds.rule")
    )
    names = {mission.id: mission.name for mission in missions}
    rows = [
        (entry("parameters.fairness"), fairness_name(sheet)),
        (entry("parameters.step"), wording.counted(scenario["step_posts"], "post")),
        (entry("parameters.rules"), apart(rules, len(rules)) or entry("parameters.rules_none")),
        (entry("parameters.proof"), proved(missions)),
        (entry("parameters.draws"), number(scenario["draws_n"], 0)),
        (entry("parameters.seed"), str(scenario["seed"])),
        *(_ceiling(of, names) for of in settings(sheet).get("caseloads") or ()),
    ]
    columns = (entry("parameters.choice"), entry("parameters.value"))
    shown = tuple(Row(row) for row in rows)
    return Table(entry("parameters.choices_caption"), columns, (False, False), shown, (2, 5))


def _ceiling(of: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, str]:
    mission = names.get(of["mission"], of["mission"])
    n = number(of["files_per_fte"], 0) if of.get("files_per_fte") else wording.words("units.missing")
    value = say("parameters.ceiling_value", n=n, source=of.get("source") or wording.words("units.missing"))
    return say("parameters.ceiling", mission=mission), value


def verify_tables(sheet: Sheet) -> tuple[Table, ...]:
    scenario = sheet.rows("scenario")[0]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(sheet.study["versions"].items()))
    run = (
        Row((entry("verify.run"), sheet.run_id or scenario["run_id"])),
        Row((entry("verify.key"), sheet.key)),
        Row((entry("verify.seed"), str(scenario["seed"]))),
        Row((entry("verify.versions"), versions)),
    )
    columns = (entry("parameters.choice"), entry("parameters.value"))
    files = tuple(Row(row) for row in input_lines(sheet.study["inputs"]))
    heads = (entry("verify.file"), entry("verify.hash"))
    return (
        Table(entry("verify.run_caption"), columns, (False, False), run, (2, 7)),
        Table(entry("verify.inputs_caption"), heads, (False, False), files, (2, 7), entry("verify.inputs_note")),
    )


def input_lines(inputs: Mapping[str, str]) -> list[tuple[str, str]]:
    """Files one by one; a folder of survey sheets as one line, without how many they are."""
    single, folders = [], dict[str, list[str]]()
    for file, digest in sorted(inputs.items()):
        folder, _, inside = file.partition("/")
        if inside and folder != OWN_NAMES:
            folders.setdefault(f"{folder}/", []).append(digest)
        else:
            single.append((file, digest))
    together = {
        folder: hashlib.sha256("\n".join(sorted(digests)).encode("ascii")).hexdigest()
        for folder, digests in folders.items()
    }
    return [*single, *together.items()]


def _plain(value: float) -> str:
    decimals = next((d for d in (0, 1, 2, 3) if abs(value - round(value, d)) < 1e-9), 4)
    return number(value, decimals)
