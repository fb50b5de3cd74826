"""Sheets behind the time: how items were read, published weeks beside ours, mode × domain and sites."""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

import pandas as pd

from workload.models.timeuse import ALL
from workload.parameters.benchmarks import benchmark_weeks
from workload.pipeline import RunResult
from workload.reporting import evidence, time_detail
from workload.reporting.disclosure import readable
from workload.reporting.sheets import LINE_POINTS, Sheet, Value
from workload.reporting.wording import entry, words


def table_headings(sheet: Sheet, *names: str, freeze: int | None = None) -> None:
    """A heading row as high as its longest heading: LibreOffice does not always make room. '' leaves a column bare."""
    known = entry("workbook.headings") | entry("sheets.headings") | {"": ""}
    headings = [known[name] for name in names]
    lines = max(ceil(len(h) * 1.4 / width) for h, width in zip(headings, sheet.widths, strict=False))
    sheet.page.set_row(sheet.row, LINE_POINTS * lines)
    sheet.headings(headings, freeze)


def _reading(sheet: Sheet, result: RunResult) -> None:
    """Where each item's variance lies, and whether it was read in two ways; then weeks unlike all others."""
    names = ("mission", "item", "answers", "between_territories", "between_agents", "between_days")
    table_headings(sheet, *names, "read", "partner", "readers", freeze=2)
    labels = evidence.code_labels(result, "item")
    for row in readable(result.reading, evidence.minimum_workers(result)).to_dict("records"):
        parts = [evidence.known(row[f"{name}_share"]) for name in ("territory", "agent", "day")]
        told: list[Value] = [words(f"sheets.codes.{row['code']}"), labels.get(str(row["partner"]), "")]
        mission = result.missions[str(row["mission"])].name
        values: list[Value] = [mission, labels[str(row["item"])], int(row["respondents_n"])]
        styles = ["text", "text", "count", *["share"] * 3, "text", "text", "share"]
        sheet.values([*values, *parts, *told, evidence.known(row["readers_share"])], styles)
    sheet.line(words("sheets.reading_note"))
    for of in result.missions.values():
        said = time_detail.unusual_text(result, of.id)
        if said:
            sheet.line(f"{of.name}. {words('reading.unusual', n=said)}")


def _benchmarks(sheet: Sheet, result: RunResult) -> None:
    names = ("mission", "territory", "benchmark", "category", "published_share", "published_low", "published_high")
    table_headings(sheet, *names, "own", freeze=2)
    weeks = {week.id: week for week in benchmark_weeks()}
    for row in time_detail.benchmark_rows(result, evidence.shown_time_use(result).shares).to_dict("records"):
        week = weeks[str(row["benchmark"])]
        place = _place(result, str(row["territory"]))
        label = time_detail.category_label(week, str(row["category"]))
        shares = [evidence.known(row[f"published_{name}"]) for name in ("share", "low", "high")]
        shares.append(evidence.known(row["share"]))
        values = [result.missions[str(row["mission"])].name, place, week.label, label, *shares]
        sheet.values(values, ["text"] * 4 + ["share"] * 4)
    sheet.line(words("benchmarks.note"))
    for source in time_detail.benchmark_sources():
        sheet.line(source)


def _detail(sheet: Sheet, result: RunResult) -> None:
    """Precision and pooling of every share, then mode × domain, then sites: publishable rows only."""
    shown = evidence.shown_time_use(result)
    first = ("mission", "territory", "profession", "level", "code", "share", "low", "high", "answers")
    last = ("minutes_per_week", "posts_half", "effective", "pooled", "pooled_low", "pooled_high", "pooling_weight")
    table_headings(sheet, *first, *last, freeze=2)
    for row in shown.shares.to_dict("records"):
        profession = words("workbook.everyone") if row["profession"] == ALL else str(row["profession"])
        pooled = [evidence.known(row[n]) for n in ("pooled_share", "pooled_low", "pooled_high", "pooling_weight")]
        values = [*_where(result, row), profession, *_code(result, row), *_figures(row), *pooled]
        sheet.values(values, ["text"] * 5 + _STYLES + ["share"] * 4)
    sheet.line(words("sheets.detail_note"))
    _section(sheet, "cells", ("mission", "territory", "mode", "domain"))
    for row in shown.cells.to_dict("records"):
        mode, domain = str(row["code"]).split("|")
        items = result.study.taxonomy
        sheet.values(
            [*_where(result, row), items.modes[mode], "", items.domains[domain], *_figures(row)], ["text"] * 5 + _STYLES
        )
    _section(sheet, "sites", ("mission", "territory", "site", "level", "code"))
    for row in shown.sites.to_dict("records"):
        values = [*_where(result, row), str(row["site"]), *_code(result, row), *_figures(row)]
        sheet.values(values, ["text"] * 5 + _STYLES)


_STYLES = ["share", "share", "share", "count", "count", "estimate", "estimate"]


def _section(sheet: Sheet, title: str, names: tuple[str, ...]) -> None:
    sheet.row += 1
    sheet.line(words(f"sheets.{title}"), "title")
    figures = ("share", "low", "high", "answers", "minutes_per_week", "posts_half", "effective")
    columns = names if len(names) == 5 else (*names[:3], "", names[3])
    table_headings(sheet, *columns, *figures)


def _where(result: RunResult, row: Mapping[Any, Any]) -> list[Value]:
    return [result.missions[str(row["mission"])].name, _place(result, str(row["territory"]))]


def _place(result: RunResult, territory: str) -> str:
    return words("workbook.department") if territory == ALL else result.territory_names[territory]


def _code(result: RunResult, row: Mapping[Any, Any]) -> list[Value]:
    level = str(row["level"])
    return [entry("workbook.levels")[level], evidence.code_labels(result, level)[str(row["code"])]]


def _figures(row: Mapping[Any, Any]) -> list[Value]:
    shares: list[Value] = [float(row[name]) for name in ("share", "low", "high")]
    half = [evidence.known(row[name]) for name in ("half_width_min_per_week", "half_width_posts", "effective_n")]
    return [*shares, None if pd.isna(row["respondents_n"]) else int(row["respondents_n"]), *half]


FILLS: dict[str, Callable[[Sheet, RunResult], None]] = {
    "reading": _reading,
    "benchmarks": _benchmarks,
    "detail": _detail,
}
