"""Numbers as a published file writes them, read by the format that its card declares."""

import re

from workload.ingest.published.card import NumberFormat
from workload.ingest.values import CellValue, clean_text, parse_number

_FOOTNOTE = re.compile(r"\s*(?:\(\s*(?:\d{1,2}|[a-zA-Z])\s*\)|\*{1,4}|[¹²³⁰⁴-⁹]{1,2}|[†‡])$")
_AMBIGUOUS = re.compile(r"[+-]? ?[1-9]\d{0,2}[.,]\d{3}")
_GROUPING = {"espace": " ", ".": ".", ",": ",", "'": "'", "aucun": ""}


class AmbiguousNumberError(ValueError):
    """'1,234' or '1.234': thousand or decimal? Only the card can say."""


def strip_footnotes(text: str) -> str:
    """'12 345 (1)' → '12 345', '1 234*' → '1 234'; several marks in a row are all taken off."""
    shorter = _FOOTNOTE.sub("", text)
    return text if shorter == text else strip_footnotes(shorter)


def published_number(value: CellValue, numbers: NumberFormat, unit: str = "") -> float:
    """The number in a cell. ValueError when it is none: never a zero for want of a better reading.

    Raises AmbiguousNumberError on a number that could be read both ways while the card leaves the format to be guessed.
    Groups of thousands hold three digits: '12 34' is no number. A percent sign divides by 100, unless the unit of the
    column is itself the percent.
    """
    if not isinstance(value, str):
        return parse_number(value)
    text = clean_text(value).replace("\u2212", "-").replace("’", "'")
    if numbers.footnotes:
        text = strip_footnotes(text)
    percent = text.endswith("%")
    text = text.rstrip("%").strip() if percent else text
    match = _pattern(numbers).fullmatch(text)
    if match is None:
        raise ValueError("not a number in this format")
    if numbers.decimal == "auto" and _AMBIGUOUS.fullmatch(text):
        raise AmbiguousNumberError(text)
    whole = re.sub(r"\D", "", match["whole"] or "0")
    number = float(f"{match['sign']}{whole}.{match['fraction'] or '0'}")
    return number / 100 if percent and unit.strip() != "%" else number


def _pattern(numbers: NumberFormat) -> re.Pattern[str]:
    group = re.escape(_GROUPING[numbers.thousands])
    grouped = rf"\d{{1,3}}(?:{group}\d{{3}})+|" if group else ""
    mark = "[.,]" if numbers.decimal == "auto" else re.escape(numbers.decimal)
    return re.compile(rf"(?P<sign>[+-]?) ?(?=.*\d)(?P<whole>{grouped}\d+)?(?:{mark}(?P<fraction>\d*))?")
