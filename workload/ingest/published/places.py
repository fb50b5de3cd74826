"""Codes of places as files carry them, and the commune that each belongs to.

Excel drops leading zeros; statistical offices write Corsica 2A, 20A or 2a; Paris, Lyon and Marseille appear as
themselves or as their arrondissements.
"""

import re
from collections.abc import Callable, Mapping

from workload.ingest.published.card import Level
from workload.ingest.values import CellValue, clean_text, parse_commune

_COMMUNE_PART = r"(?:\d{2}|2[AB])"
_OVERSEAS = ("97", "98")


def parse_iris(value: CellValue) -> str:
    """Nine characters: 540010000, 2A0040101; the zero that Excel lost put back."""
    text = _code(value, 9)
    if not re.fullmatch(rf"{_COMMUNE_PART}\d{{7}}", text):
        raise ValueError("not an IRIS code")
    return text


def parse_canton(value: CellValue) -> str:
    """Four characters, five overseas: 5402, 0318, 2A01, 97101."""
    text = _code(value, 4)
    if not re.fullmatch(rf"{_COMMUNE_PART}\d{{2}}|97\d{{3}}", text):
        raise ValueError("not a canton code")
    return text


def parse_epci(value: CellValue) -> str:
    """A SIREN number of nine digits."""
    text = re.sub(r"\s", "", clean_text(value))
    if not re.fullmatch(r"\d{9}", text):
        raise ValueError("not an EPCI code")
    return text


def parse_department(value: CellValue) -> str:
    """01 even when Excel made it 1; 2A for 20A and 2a; 971."""
    text = _code(value, 2)
    text = {"20A": "2A", "20B": "2B", "02A": "2A", "02B": "2B"}.get(text, text)
    if not re.fullmatch(r"0[1-9]|1\d|2[1-9AB]|[3-8]\d|9[0-5]|97[1-8]|98[4-9]", text):
        raise ValueError("not a département code")
    return text


def parse_place_commune(value: CellValue) -> str:
    """A commune, as `values.parse_commune`; Corsica's 20xxx are codes of before 1976 and stay as they are."""
    return parse_commune(re.sub(r"\s", "", clean_text(value)))


def _code(value: CellValue, length: int) -> str:
    text = re.sub(r"\s", "", clean_text(value)).upper()
    return "0" + text if len(text) == length - 1 and text.isdigit() else text


PARSERS: Mapping[Level, Callable[[CellValue], str]] = {
    "iris": parse_iris,
    "commune": parse_place_commune,
    "canton": parse_canton,
    "epci": parse_epci,
    "departement": parse_department,
}
"""How the code of each level is read; ValueError when it cannot be."""


def arrondissements(commune: str) -> str:
    """The commune of a municipal arrondissement (75101 → 75056, 69381 → 69123, 13201 → 13055); others unchanged."""
    if re.fullmatch(r"751(0[1-9]|1\d|20)", commune):
        return "75056"
    if re.fullmatch(r"6938[1-9]", commune):
        return "69123"
    if re.fullmatch(r"132(0[1-9]|1[0-6])", commune):
        return "13055"
    return commune


def commune_of_iris(iris: str, keep_arrondissements: bool = False) -> str:
    commune = iris[:5]
    return commune if keep_arrondissements else arrondissements(commune)


def department_of(commune: str) -> str:
    return commune[:3] if commune.startswith(_OVERSEAS) else commune[:2]
