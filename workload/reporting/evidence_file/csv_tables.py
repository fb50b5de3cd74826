"""Published tables as Excel opens them in France: semicolons, decimal commas, a byte order mark; and read back.

A figure is written with all its digits: 18,849778829650724. Exact fractions say ÷ and a true minus, −37÷2, since Excel
makes dates of 1/2 and formulas of -1/2. Text that begins like a formula gets an apostrophe before it.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from workload.store.published_tables import published_tables

FRACTIONS = frozenset({"posts_exact"})
SKIPPED = frozenset({"geometry"})  # outlines are drawn, not counted
FORMULA = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"


def columns_of(table: str) -> list[str]:
    return [column.name for column in published_tables()[table].columns if column.name not in SKIPPED]


def table_csv(table: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows in the order given, columns as published."""
    columns = columns_of(table)
    return csv_bytes([columns, *([_text(row.get(c), c) for c in columns] for row in rows)])


def dictionary_csv(tables: Sequence[str], heading: Sequence[str]) -> bytes:
    """Every column of these tables: table, what it holds, column, type, what it means."""
    lines = [list(heading)]
    for name in tables:
        table = published_tables()[name]
        for column in table.columns:
            if column.name not in SKIPPED:
                kind = str(column.type).lower()
                lines.append([name, str(table.comment), column.name, kind, str(column.comment)])
    return csv_bytes(lines)


def csv_bytes(lines: Sequence[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows(lines)
    return (BOM + written.getvalue()).encode("utf-8")


def read_csv(content: bytes) -> list[dict[str, str]]:
    """Rows by heading. Raises ValueError where it is no table of ours."""
    lines = csv.reader(io.StringIO(content.decode("utf-8").removeprefix(BOM), newline=""), delimiter=";", strict=True)
    try:
        found = list(_rows(lines))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    return found


def _rows(lines: Iterator[list[str]]) -> Iterator[dict[str, str]]:
    heading = next(lines, [])
    for line in lines:
        yield dict(zip(heading, line, strict=True))


def figure(text: str) -> float | None:
    """18,5 → 18.5; None where nothing stands. Raises ValueError."""
    return float(text.replace(",", ".")) if text else None


def fraction(text: str) -> Fraction:
    """−37÷2. Raises ValueError."""
    try:
        return Fraction(text.replace("\u2212", "-").replace("÷", "/").replace(",", "."))
    except ZeroDivisionError as error:
        raise ValueError(text) from error


def _text(value: Any, column: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "vrai" if value else "faux"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value).replace(".", ",")
    if column in FRACTIONS:
        return str(value).replace("/", "÷").replace("-", "\u2212")
    return "'" + value if value.startswith(FORMULA) else str(value)
