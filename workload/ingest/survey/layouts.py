"""Survey layouts are data: where each field lies, and which of them a sheet most looks like.

An IT department adds its own without code: a `mises-en-page.csv` with the same columns in the folder of the sheets.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workload.errors import InputError, Issue
from workload.ingest.grid import Sheet, address
from workload.ingest.tables import KINDS
from workload.ingest.values import normalise
from workload.resources import LAYOUTS

FILE = "mises-en-page.csv"
FORMS = ("days", "weekdays", "list", "percent")
SEARCH_ROWS = 45
SEARCH_COLUMNS = 60
_COLUMNS = ("layout", "version", "form", "part", "field", "label", "aliases", "kind", "required")
_REQUIRED_FIELDS = {
    "days": {"agent", "item_label"},
    "weekdays": {"agent", "week", "item_label"},
    "list": {"agent", "day", "item", "duration"},
    "percent": {"agent", "item_label", "percent"},
}


@dataclass(frozen=True, slots=True)
class LayoutField:
    name: str
    label: str
    part: str
    kind: str
    required: bool
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class SurveyLayout:
    id: str
    version: str
    form: str
    fields: tuple[LayoutField, ...]

    def part(self, part: str) -> tuple[LayoutField, ...]:
        return tuple(field for field in self.fields if field.part == part)

    def names(self, part: str) -> frozenset[str]:
        """Every name of every field of a part."""
        return frozenset[str]().union(*(field.names for field in self.fields if field.part == part))


@dataclass(frozen=True, slots=True)
class Match:
    """How well one layout fits one sheet."""

    layout: SurveyLayout
    labels: Mapping[str, tuple[int, int]]  # header field → cell of its label
    heading_row: int  # row of the column headings, 0 where there is none
    columns: Mapping[str, int]  # item, item_label, percent, or the list's own columns
    missing: tuple[str, ...]  # labels of required fields that were not found

    @property
    def recognised(self) -> list[str]:
        """Labels and headings that were found, as the layout writes them."""
        return [field.label for field in self.layout.fields if field.name in {*self.labels, *self.columns}]

    @property
    def score(self) -> tuple[int, int, int]:
        complete = int(not self.missing and self.heading_row > 0)
        telling = 2 * ("week" in self.labels) + 2 * ("percent" in self.columns)  # no other layout has these
        return complete, len(self.labels) + 2 * len(self.columns) + telling, -len(self.missing)


@cache
def shipped() -> tuple[SurveyLayout, ...]:
    return _parse(LAYOUTS / "surveys.csv", "surveys.csv")


def load_layouts(folder: Path | None) -> tuple[SurveyLayout, ...]:
    """Those of `mises-en-page.csv` in the folder, then ours. Raises InputError where that file is wrong."""
    path = folder / FILE if folder else None
    own = _parse(path, FILE) if path and path.is_file() else ()
    return (*own, *(layout for layout in shipped() if layout.id not in {o.id for o in own}))


def _parse(path: Path, file: str) -> tuple[SurveyLayout, ...]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.read(2048)
        stream.seek(0)
        reader = csv.DictReader(stream, delimiter=";" if head.count(";") > head.count(",") else ",")
        rows = list(reader)
    missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise InputError([Issue("missing_heading", file, cell="1:1", params={"heading": ", ".join(missing)})])
    issues = [
        Issue("layout_wrong", file, cell=f"{number}:{number}", value=row[column] or "", params={"column": column})
        for number, row in enumerate(rows, start=2)
        for column, wrong in (
            ("form", row["form"] not in FORMS),
            ("kind", row["kind"] not in (*KINDS, "duration", "percent")),
            ("label", not row["label"]),
        )
        if wrong
    ]
    if issues:
        raise InputError(issues)
    layouts = tuple(
        _layout(name, [r for r in rows if r["layout"] == name]) for name in dict.fromkeys(r["layout"] for r in rows)
    )
    for layout in layouts:
        absent = _REQUIRED_FIELDS[layout.form] - {field.name for field in layout.fields}
        issues += [Issue("layout_incomplete", file, value=layout.id, params={"field": name}) for name in sorted(absent)]
    if issues:
        raise InputError(issues)
    return layouts


def _layout(name: str, rows: list[dict[str, str]]) -> SurveyLayout:
    fields = tuple(
        LayoutField(
            row["field"],
            row["label"],
            row["part"],
            row["kind"],
            row["required"] == "yes",
            frozenset(normalise(n) for n in [row["label"], *(row["aliases"] or "").split("|")] if n),
        )
        for row in rows
    )
    return SurveyLayout(name, rows[0]["version"], rows[0]["form"], fields)


def best_match(sheet: Sheet, layouts: tuple[SurveyLayout, ...]) -> Match | None:
    """The layout that a sheet looks like most; None where nothing of any is there."""
    known = frozenset[str]().union(*(field.names for layout in layouts for field in layout.fields))
    words = {row: texts for row, texts in _words(sheet).items() if not known.isdisjoint(texts.values())}
    matches = [_match(words, layout) for layout in layouts]
    best = max(matches, key=lambda m: m.score, default=None)
    return best if best and (best.labels or best.columns) else None


def _words(sheet: Sheet) -> dict[int, dict[int, str]]:
    """Normalised texts near the top of the sheet: row → column → text."""
    found: dict[int, dict[int, str]] = {}
    for r, row in enumerate(sheet.rows[:SEARCH_ROWS], start=1):
        texts = {c: normalise(v) for c, v in enumerate(row[:SEARCH_COLUMNS], start=1) if type(v) is str and v}
        if texts:
            found[r] = texts
    return found


def _match(words: Mapping[int, Mapping[int, str]], layout: SurveyLayout) -> Match:
    table = layout.part("column") or layout.part("items")
    heading_row, columns = _heading(words, table)
    labels: dict[str, tuple[int, int]] = {}
    names = layout.names("header")
    above = [
        (row, texts)
        for row, texts in words.items()
        if not (heading_row and row >= heading_row) and not names.isdisjoint(texts.values())
    ]
    for field in layout.part("header"):
        for row, texts in above:
            column = next((c for c, text in texts.items() if text in field.names), None)
            if column is not None and (row, column) not in labels.values():
                labels[field.name] = (row, column)
                break
    found = {*labels, *columns}
    missing = tuple(f.label for f in layout.fields if f.required and f.part != "stop" and f.name not in found)
    return Match(layout, labels, heading_row, columns, missing)


def _heading(words: Mapping[int, Mapping[int, str]], fields: tuple[LayoutField, ...]) -> tuple[int, dict[str, int]]:
    best: tuple[int, dict[str, int]] = (0, {})
    required = {field.name for field in fields if field.required}
    known = frozenset[str]().union(*(field.names for field in fields))
    for row, texts in words.items():
        if known.isdisjoint(texts.values()):
            continue
        columns: dict[str, int] = {}
        for field in fields:
            label = normalise(field.label)
            exact = (c for c, t in texts.items() if t == label)
            alias = (c for c, t in texts.items() if t in field.names and c not in columns.values())
            column = next(exact, None) or next(alias, None)
            if column is not None:
                columns[field.name] = column
        key = (required <= set(columns), len(columns))
        if columns and key > (required <= set(best[1]), len(best[1])):
            best = (row, columns)
    return best


def label_cell(match: Match, field: str) -> tuple[int, int] | None:
    """The cell that holds a header field's value: right of its label."""
    where = match.labels.get(field)
    return (where[0], where[1] + 1) if where else None


def label_address(match: Match, field: str) -> str:
    where = label_cell(match, field)
    return address(*where) if where else ""
