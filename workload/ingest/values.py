"""Values as people type them: numbers, shares, durations, dates, codes. ValueError when they cannot be read."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TypeAlias

from workload.ingest.package import ErrorCell, UncachedFormula

CellValue: TypeAlias = (
    str | int | float | bool | date | datetime | time | timedelta | ErrorCell | UncachedFormula | None
)

_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\ufeff": ""})
_HOURS_MINUTES = re.compile(
    r"(?P<hours>\d{1,3}) ?(?:h|:|heures?) ?(?P<minutes>[0-5]?\d)?(?: ?(?:mn|min|m))?(?::00)?", re.I
)
_MINUTES = re.compile(r"(?P<minutes>\d{1,5}) ?(?:mn|min|minutes?)", re.I)
_COMMUNE = re.compile(r"(?:\d{2}|2[AB])\d{3}")
_MINUTES_PER_DAY = 24 * 60
_MONTHS = (
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
)
_WEEKDAY = re.compile(r"^(lun|mar|mer|jeu|ven|sam|dim)[a-z]*\.? +", re.IGNORECASE)
_SPELT_DATE = re.compile(r"(?P<day>\d{1,2})(?:er)? (?P<month>[a-z]{3,9})\.?(?: (?P<year>\d{4}))?")


def clean_text(value: CellValue) -> str:
    """Text without the spaces of every width, the leading apostrophe, and the '.0' of a whole number."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _cleaned(str(value))


@lru_cache(maxsize=50_000)
def _cleaned(value: str) -> str:
    text = re.sub(r"\s+", " ", value.translate(_SPACES)).strip()
    return text[1:].strip() if text.startswith("'") else text


def normalise(value: CellValue) -> str:
    """For comparing headings and names: lower case, no accents, single spaces, no punctuation at the ends."""
    return _normalised(value) if isinstance(value, str) else _normalised(clean_text(value))


@lru_cache(maxsize=50_000)
def _normalised(value: str) -> str:
    text = unicodedata.normalize("NFKD", clean_text(value).replace("œ", "oe").replace("’", "'").replace("°", "o"))
    plain = "".join(char for char in text if not unicodedata.combining(char)).casefold()
    return re.sub(r"[\s_]+", " ", plain).strip(" .:*")


def slug(name: str) -> str:
    """A stable id for a name: 'Val de Lorraine' → 'val_de_lorraine'."""
    return re.sub(r"[^a-z0-9]+", "_", normalise(name)).strip("_")


def parse_number(value: CellValue) -> float:
    """A finite number: 1 096,4 · 1096.4 · 12 %. Booleans, dates and words are no numbers."""
    if isinstance(value, bool) or value is None:
        raise ValueError("not a number")
    if isinstance(value, int | float):
        number = float(value)
    elif isinstance(value, str):
        text = clean_text(value).replace(" ", "").replace("\u2212", "-")
        percent = text.endswith("%")
        if not re.fullmatch(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)%?", text):
            raise ValueError("not a number")
        number = float(text.rstrip("%").replace(",", ".")) / (100 if percent else 1)
    else:
        raise ValueError("not a number")
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("not finite")
    return number


def parse_duration_min(value: CellValue) -> int:
    """Whole minutes from 7:30 · 7h30 · 7 h 30 · 7,5 · 450 min · an Excel time (0.3125) · a time cell.

    A bare number under 1 is the share of a day that Excel stores for a time; from 1 on it is hours.
    """
    if isinstance(value, timedelta):
        return elapsed_min(value)
    if isinstance(value, datetime):  # a duration over 24 h that a program stored as a date of 1900, or of 1904
        minutes = (
            value - (datetime(1904, 1, 1) if value.year >= 1904 else datetime(1899, 12, 31))
        ).total_seconds() / 60
    elif isinstance(value, time):
        minutes = value.hour * 60 + value.minute + value.second / 60
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = parse_number(value)
        minutes = number * _MINUTES_PER_DAY if abs(number) < 1 else number * 60
    elif isinstance(value, str):
        minutes = _minutes_from_text(clean_text(value))
    else:
        raise ValueError("not a duration")
    return _whole(minutes)


@lru_cache(maxsize=10_000)  # the same few durations come back in every sheet
def elapsed_min(value: timedelta) -> int:
    return _whole(value.total_seconds() / 60)


def _whole(minutes: float) -> int:
    if minutes < 0 or minutes != minutes:
        raise ValueError("negative duration")
    return round(minutes)


def _minutes_from_text(text: str) -> float:
    if found := _MINUTES.fullmatch(text):
        return float(found["minutes"])
    if found := _HOURS_MINUTES.fullmatch(text):
        return int(found["hours"]) * 60 + int(found["minutes"] or 0)
    number = text[:-1].strip() if text.lower().endswith("h") else text
    return parse_number(number) * 60


def parse_date(value: CellValue, *, date1904: bool = False, near: date | None = None) -> date:
    """A day: a date cell, a serial number of Excel, 10/03/2003, 2003-03-10, 10.3.03, lun. 10 mars 2003.

    near: gives the year where only day and month are written.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = clean_text(value)
    if re.fullmatch(r"\d{5}(\.0*)?", text) or (date1904 and re.fullmatch(r"\d{5}", text)):
        return (
            date(1904, 1, 1) + timedelta(int(float(text)))
            if date1904
            else date(1899, 12, 30) + timedelta(int(float(text)))
        )
    text = _WEEKDAY.sub("", text).strip()
    if spelt := _SPELT_DATE.fullmatch(normalise(text)):
        month = next((n for n, name in enumerate(_MONTHS, start=1) if name.startswith(spelt["month"][:4])), 0)
        if month:
            return date(int(spelt["year"]) if spelt["year"] else (near or date.today()).year, month, int(spelt["day"]))
    if near and re.fullmatch(r"\d{1,2}[/.]\d{1,2}", text):
        text = f"{text.replace('.', '/')}/{near.year}"
    for pattern in ("%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y", "%d.%m.%y"):
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise ValueError("not a date")


def parse_commune(value: CellValue) -> str:
    """A code INSEE as text: 01004 even when Excel made it 1004, 2A004 even in lower case."""
    text = clean_text(value).upper()
    if text.isdigit() and len(text) == 4:
        text = "0" + text
    if not _COMMUNE.fullmatch(text):
        raise ValueError("not a commune code")
    return text


def shown(value: CellValue) -> str:
    """A cell's value as its author would recognise it, cut to a readable length."""
    if isinstance(value, datetime | date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, timedelta) and value < timedelta(0):
        return f"-{shown(-value)}"
    if isinstance(value, time | timedelta):
        minutes = parse_duration_min(value)
        return f"{minutes // 60}:{minutes % 60:02d}"
    text = clean_text(value)
    return text if len(text) <= 60 else text[:59] + "…"
