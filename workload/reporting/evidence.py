"""What stands behind the result: time use, weights, parameters, fingerprints of the input files."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import pandas as pd

from workload import __version__
from workload.catalogue import number
from workload.ingest.indicators import FOLDER as INDICATORS_FOLDER
from workload.ingest.study import SURVEYS
from workload.ingest.study_counts import COMPUTED
from workload.models.timeuse import ALL, TimeUse
from workload.pipeline import MissionResult, RunResult
from workload.reporting.declared import ParameterLine, declared_lines
from workload.reporting.disclosure import publishable
from workload.reporting.rules import rule_lines
from workload.reporting.wording import counted, entry, indicator_label, percent, words
from workload.store.disclosure import Cell, Rules
from workload.store.publishing.releases import RefusedError, rules_of
from workload.store.publishing.time_rows import time_release

LIBRARIES = ("numpy", "pandas", "scipy", "ortools")
HASH_SHOWN = 12


def shown_time_use(result: RunResult) -> TimeUse:
    """What every report may show: the very cells that a first publication would, so that the two side by side tell
    nothing more than either."""
    shown = publishable(result.time_use, minimum_workers(result))
    opened = _open_cells(result)
    return replace(
        shown,
        shares=_opened(shown.shares, opened, lambda row: (row.territory, row.profession, ALL, row.level, row.code)),
        sites=_opened(shown.sites, opened, lambda row: (row.territory, ALL, row.site, row.level, row.code)),
        cells=_opened(shown.cells, opened, lambda row: (row.territory, ALL, ALL, row.level, row.code)),
    )


_last: list[tuple[RunResult, Mapping[str, frozenset[Cell]]]] = []
"""The result asked for last and its open cells: every part of a report asks again."""


def _open_cells(result: RunResult) -> Mapping[str, frozenset[Cell]]:
    """Mission → cells that disclosure control leaves open."""
    if not (_last and _last[0][0] is result):
        rules = rules_of(result.parameters)
        found = {mission: _open_of(result, mission, rules) for mission in result.missions}
        _last[:] = [(result, found)]
    return _last[0][1]


def _open_of(result: RunResult, mission: str, rules: Rules) -> frozenset[Cell]:
    """Nothing where nobody answered, or where the audit does not let it pass."""
    try:
        release = time_release(result, mission, rules)
    except RefusedError:
        return frozenset()
    return release.shown if release else frozenset()


def _opened(table: pd.DataFrame, opened: Mapping[str, frozenset[Cell]], cell: Callable[[Any], Cell]) -> pd.DataFrame:
    keep = [cell(row) in opened.get(str(row.mission), frozenset()) for row in table.itertuples()]
    return table.loc[keep].reset_index(drop=True)


def minimum_workers(result: RunResult) -> int:
    return int(result.parameters["minimum_workers"].value)


@dataclass(frozen=True, slots=True)
class Share:
    label: str
    share: float
    low: float
    high: float
    hours: float
    half_width_min: float | None  # of a full-time week; None where no interval is known
    half_width_posts: float | None


def department_shares(result: RunResult, shares: pd.DataFrame, mission: str, level: str) -> list[Share]:
    """Largest first; empty when too few answered."""
    chosen = shares[
        (shares["mission"] == mission)
        & (shares["territory"] == ALL)
        & (shares["profession"] == ALL)
        & (shares["level"] == level)
    ].sort_values("share", ascending=False, kind="stable")
    labels = code_labels(result, level)
    return [
        Share(
            labels[str(row["code"])],
            float(row["share"]),
            float(row["low"]),
            float(row["high"]),
            float(row["hours_per_week"]),
            known(row["half_width_min_per_week"]),
            known(row["half_width_posts"]),
        )
        for row in chosen.to_dict("records")
    ]


def known(figure: Any) -> float | None:
    """A figure of a table, None where it is missing."""
    return None if pd.isna(figure) else float(figure)


def code_labels(result: RunResult, level: str) -> Mapping[str, str]:
    items = result.study.taxonomy
    known = {"mode": items.modes, "domain": items.domains}
    return known[level] if level in known else {item.code: item.label for item in items.items}


@dataclass(frozen=True, slots=True)
class Weight:
    """One component of one mission; minutes a year per unit, NaN where a line does not exist or must not be shown."""

    domain: str
    indicator: str
    unit: str
    expert: float
    expert_low: float
    expert_high: float
    data: float
    data_low: float
    data_high: float
    retained: float
    low: float
    high: float
    nature: str
    simulated: bool
    imputed_n: int
    year: str
    source: str


def weights_of(result: RunResult, mission: MissionResult) -> list[Weight]:
    """The survey's own line is shown when at least the minimum of workers stands behind it."""
    fit, study = mission.fit, result.study
    expert = fit.lines.get("expert")
    enough = fit.respondents_n >= minimum_workers(result)
    found = []
    for p, component in enumerate(fit.components):
        described = study.indicators.get(component.indicator)
        data, data_low, data_high = (
            float(line[p]) if enough else float("nan") for line in (fit.data, fit.data_low, fit.data_high)
        )
        expert_low, expert_high = (
            (float(expert.low[p]), float(expert.high[p])) if expert else (float("nan"), float("nan"))
        )
        nature = {"externe": "external", "interne": "internal"}[described.nature] if described else "computed"
        found.append(
            Weight(
                study.taxonomy.domains[component.domain],
                indicator_label(study, component.indicator),
                described.unit if described else COMPUTED[component.indicator][1],
                float(fit.expert[p]),
                expert_low,
                expert_high,
                data,
                data_low,
                data_high,
                float(fit.minutes_per_unit[p]),
                float(fit.low[p]),
                float(fit.high[p]),
                words(f"weights.{nature}"),
                bool(described and described.simulated),
                described.imputed_n if described else 0,
                str(described.year) if described else "",
                described.source if described else words("weights.computed_source"),
            )
        )
    return found


def parameter_lines(result: RunResult) -> list[ParameterLine]:
    """Numbers in force; hours that the study deducts itself replace the default."""
    names, declared = entry("parameters.names"), result.study.settings.deducted_hours
    lines = []
    for name, p in sorted(result.parameters.items()):
        own = name == "deducted_hours" and declared is not None
        value, source = (declared, words("parameters.deducted_by_study")) if own else (p.value, p.source)
        since = "" if own else p.since.strftime("%d/%m/%Y")
        lines.append(ParameterLine(names.get(name, name), float(value or 0.0), p.unit, since, source))
    return [*lines, *declared_lines(result)]


def choice_lines(result: RunResult) -> list[tuple[str, str]]:
    """How the run was made: seed, draws, step, fairness, versions."""
    settings = result.study.settings
    versions = [f"workload {__version__}", *(f"{name} {version(name)}" for name in LIBRARIES)]
    return [
        (words("parameters.seed"), str(result.seed)),
        (words("parameters.draws"), number(result.draws_n, 0)),
        (words("parameters.step"), counted(settings.step, "post")),
        (words("parameters.fairness"), words(f"parameters.fairness_names.{settings.fairness}")),
        (words("parameters.taxonomy"), result.study.taxonomy.label),
        (words("parameters.rules"), " ; ".join(rule_lines(result)) or words("parameters.rules_none")),
        (words("parameters.versions"), ", ".join(versions)),
    ]


@dataclass(frozen=True, slots=True)
class InputLine:
    file: str
    count: int | None  # None where it would tell how few answered
    fingerprint: str


def countable_answers(result: RunResult) -> bool:
    """Whether the number of survey sheets may be shown: not where a mission had too few, since the others are known."""
    minimum = minimum_workers(result)
    answered = result.time_use.response.groupby("mission")["respondents_n"].sum()
    return not any(0 < n < minimum for n in answered)


def published_inputs(result: RunResult) -> dict[str, str]:
    """Input file → SHA-256; the folder of sheets as one where their number would tell."""
    inputs = dict(sorted(result.study.inputs.items()))
    if countable_answers(result):
        return inputs
    sheets = [digest for file, digest in inputs.items() if file.startswith(f"{SURVEYS}/")]
    kept = {file: digest for file, digest in inputs.items() if not file.startswith(f"{SURVEYS}/")}
    return kept | {f"{SURVEYS}/": hashlib.sha256("\n".join(sorted(sheets)).encode("ascii")).hexdigest()}


def input_lines(result: RunResult) -> list[InputLine]:
    """Files one by one; a folder as one line, since names of survey sheets may carry agents' codes."""
    folded: dict[str, list[str]] = {}
    lines = []
    for file, digest in sorted(result.study.inputs.items()):
        folder, _, inside = file.partition("/")
        if inside and folder != INDICATORS_FOLDER:
            folded.setdefault(f"{folder}/", []).append(digest)
        else:
            lines.append(InputLine(file, 1, digest[:HASH_SHOWN]))
    for folder, digests in folded.items():
        together = hashlib.sha256("\n".join(sorted(digests)).encode("ascii")).hexdigest()
        count = len(digests) if countable_answers(result) else None
        lines.append(InputLine(folder, count, together[:HASH_SHOWN]))
    return lines


def warning_lines(result: RunResult) -> list[str]:
    """Warnings counted by kind and folder: nothing that was typed, no survey file, no small number of agents."""
    kinds, minimum = entry("parameters.warning_kinds"), minimum_workers(result)
    counts = Counter((warning.file.split("/")[0], warning.code) for warning in result.study.warnings)

    def shown(file: str, n: int) -> str:
        may_be_about_agents = file != INDICATORS_FOLDER
        return words("parameters.few", minimum=minimum) if may_be_about_agents and n < minimum else number(n, 0)

    return [
        words(
            "parameters.warning_line",
            file=file,
            n=shown(file, n),
            kind=kinds[code] if code in kinds else str(kinds["default"]).format(code=code),
        )
        for (file, code), n in sorted(counts.items())
    ]


def rate_text(answered: Any, occupied: Any, rate: Any) -> str:
    """12 sur 20 (60 %), or that it is not published."""
    if pd.isna(answered) or pd.isna(occupied) or pd.isna(rate):
        return words("units.withheld")
    return words("units.count_of", n=answered, total=occupied, rate=percent(float(rate)))
