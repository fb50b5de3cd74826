"""Where the columns of a card lie in a sheet, under one row of headings or several."""

from dataclasses import dataclass

from workload.errors import Issue
from workload.ingest.grid import Sheet, column_letter
from workload.ingest.published.card import CardColumn, SourceCard
from workload.ingest.tables import did_you_mean
from workload.ingest.values import clean_text, normalise


@dataclass(frozen=True, slots=True)
class Found:
    """Columns of one table: the key, the label (0 when the card names none), and each (indicator, year)."""

    key: int
    label: int
    figures: dict[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class _Heading:
    own: frozenset[str]
    """Texts that stand above the column itself."""
    path: frozenset[str]
    """The same, with the group headings that spread over it from the left."""


def find_columns(
    sheet: Sheet, rows: tuple[int, ...], card: SourceCard, columns: dict[str, CardColumn]
) -> tuple[Found | None, list[Issue]]:
    """Column numbers of a table; an issue, with the closest heading, for each that is absent or there twice."""
    headings = _headings(sheet, rows)
    issues: list[Issue] = []

    def one(texts: tuple[str, ...]) -> int:
        wanted = {normalise(text) for text in texts}
        hits = [c for c, h in headings.items() if wanted <= (h.own if len(texts) == 1 else h.path)]
        if len(hits) != 1:
            issues.append(_issue(sheet, rows, texts, hits))
        return hits[0] if hits else 0

    key = one((card.key,))
    label = one((card.label,)) if card.label else 0
    figures = {
        (id, year): one(texts) for id, column in columns.items() for year, texts in column.places(card.year).items()
    }
    return (None if issues else Found(key, label, figures)), issues


def _headings(sheet: Sheet, rows: tuple[int, ...]) -> dict[int, _Heading]:
    width = max((len(sheet.rows[r - 1]) for r in rows if r <= len(sheet.rows)), default=0)
    spread: dict[int, str] = {}
    found = {}
    for column in range(1, width + 1):
        own = {row: normalise(sheet.value(row, column)) for row in rows}
        spread |= {row: text for row, text in own.items() if text}
        groups = {spread.get(row, "") for row in rows[:-1]}
        texts = {text for text in own.values() if text}
        if texts:
            found[column] = _Heading(frozenset(texts), frozenset((texts | groups) - {""}))
    return found


def _issue(sheet: Sheet, rows: tuple[int, ...], texts: tuple[str, ...], hits: list[int]) -> Issue:
    heading = " › ".join(texts)
    if hits:
        cells = ", ".join(f"{column_letter(c)}{rows[-1]}" for c in hits)
        return Issue(
            "published_heading_twice",
            sheet.file,
            sheet.name,
            f"{rows[-1]}:{rows[-1]}",
            params={"heading": heading, "cells": cells},
        )
    known = {
        clean_text(sheet.value(r, c))
        for r in rows
        for c in range(1, len(sheet.rows[r - 1]) + 1 if r <= len(sheet.rows) else 1)
    }
    suggestion = did_you_mean(texts[-1], sorted(known - {""}))
    return Issue(
        "missing_heading",
        sheet.file,
        sheet.name,
        f"{rows[0]}:{rows[-1]}",
        suggestion=suggestion,
        params={"heading": heading},
    )
