"""Published files as grids of cells: workbooks by calamine, CSV with its encoding and separator found out."""

import codecs
import csv
import io
from collections import Counter
from pathlib import Path

from workload.errors import InputError, Issue
from workload.ingest.grid import Sheet, Workbook, read_workbook
from workload.ingest.published.card import SourceCard
from workload.ingest.values import CellValue

CSV_SUFFIXES = (".csv", ".tsv", ".txt")
LARGEST_CSV_BYTES = 100 * 2**20
_DELIMITERS = (";", "\t", ",", "|")
_SAMPLE_LINES = 200


def open_file(path: Path, file: str, card: SourceCard | None = None) -> Workbook:
    """The file as a workbook; a CSV is one of a single sheet, whose rows are the lines of the file.

    Raises InputError when it is missing, too large or unreadable.
    """
    if path.suffix.lower() not in CSV_SUFFIXES:
        return read_workbook(path, file)
    if not path.is_file():
        raise InputError([Issue("missing_file", file)])
    if path.stat().st_size > LARGEST_CSV_BYTES:
        raise InputError([Issue("published_too_large", file, params={"limit": str(LARGEST_CSV_BYTES // 2**20)})])
    encoding = card.encoding if card else "auto"
    delimiter = card.delimiter if card else "auto"
    try:
        text = decode(path.read_bytes(), encoding)
        return Workbook(file, (Sheet(file, "", _rows(text, sniff(text) if delimiter == "auto" else delimiter)),))
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError([Issue("published_unreadable_csv", file)]) from error


def decode(content: bytes, encoding: str = "auto") -> str:
    """Text of a CSV: by its byte-order mark, else as declared, else UTF-8, else Windows-1252."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    if encoding != "cp1252":
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            if encoding == "utf-8":
                raise
    return content.decode("cp1252")


def sniff(text: str) -> str:
    """The separator that cuts most lines into the same number of fields; the wider table when two are equal."""
    head = list(io.StringIO(text[: 2**20], newline=""))[:_SAMPLE_LINES]
    best, best_score = _DELIMITERS[0], (0.0, 0)
    for delimiter in _DELIMITERS:
        widths = Counter(len(row) for row in csv.reader(head, delimiter=delimiter) if any(row))
        if not widths:
            continue
        width, lines = widths.most_common(1)[0]
        score = (lines / widths.total() if width > 1 else 0.0, width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(text: str, delimiter: str) -> tuple[tuple[CellValue, ...], ...]:
    """Rows by physical line: a field with line breaks leaves empty rows after its own."""
    rows: list[tuple[CellValue, ...]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for fields in reader:
        rows.append(tuple(field or None for field in fields))
        rows += [()] * (reader.line_num - len(rows))
    return tuple(rows)
