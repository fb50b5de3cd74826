"""dossier.pdf by Typst: data goes in as JSON, never into markup; any warning of Typst is a defect and raises."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst
from matplotlib.ft2font import FT2Font

from workload.reporting.dossier.drawings import COVER_MAP
from workload.reporting.dossier.model import DossierView
from workload.reporting.dossier.view import dossier_view
from workload.reporting.dossier.words import FOLDER, entry
from workload.resources import reports
from workload.store.scenario_sheets import Sheet

if TYPE_CHECKING:
    from typst import PDFStandards

TEMPLATE, FONTS, FONT = "dossier.typ", "fonts", "IBM Plex Sans"
STANDARDS: "PDFStandards" = ["ua-1", "a-2a"]
"""Accessible (tagged, with alternative texts) and fit for archives (fonts inside, nothing outside)."""
SECTIONS = (
    *("head", "read", "cover", "territory", "missions", "plan", "weights"),
    *("method", "limits", "objections", "parameters", "verify", "annex"),
)
FIGURE_FONT = "DejaVu Sans"  # in the figures' SVG
WHITE_EDGE = "paint-order: stroke; stroke: #ffffff; stroke-width: 1.6px; stroke-linejoin: round; "
UNKNOWN = "\N{REPLACEMENT CHARACTER}"
LONG_WORD, PIECE = 22, 11
ZERO_WIDTH = "\u200b"
FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class TypesettingError(Exception):
    """Typst warned or refused: a defect of the template or of what was handed to it."""


def write_dossier_pdf(sheet: Sheet, path: Path, generated: str) -> None:
    """Writes the PDF; `generated` is the time shown. Same sheet and time, same bytes."""
    path.write_bytes(pdf(dossier_view(sheet, generated), dated(sheet)))


def dated(sheet: Sheet) -> datetime:
    """The date the PDF carries: when the scenario was published, else the day of its data; never the clock's."""
    when = sheet.rows("scenario")[0].get("published_at") or sheet.study["day"]
    found = datetime.fromisoformat(str(when))
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def pdf(view: DossierView, when: datetime, template: str = TEMPLATE) -> bytes:
    folder = reports() / FOLDER
    date = [when.year, when.month, when.day, when.hour, when.minute, when.second]
    data = {"view": asdict(view), "w": {section: entry(section) for section in SECTIONS}, "date": date}
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder / FONTS])
    try:
        made, warnings = typst.compile_with_warnings(
            folder / template,
            root=folder,
            font_paths=fonts,
            format="pdf",
            sys_inputs={"data": json.dumps(_printable(data), ensure_ascii=False)},
            pdf_standards=STANDARDS,
            timestamp=int(when.timestamp()),
        )
    except typst.TypstError as error:
        raise TypesettingError(f"{error.message}: {error.diagnostic}") from error
    if warnings:
        raise TypesettingError("; ".join(f"{warning.message}: {warning.diagnostic}" for warning in warnings))
    return made


def _printable(value: Any) -> Any:
    """The same tree, every text in letters that the shipped font has, long words with places to break."""
    if isinstance(value, dict):
        return {key: (_drawing(of) if key == "svg" else _printable(of)) for key, of in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(of) for of in value]
    return _breakable(_known(value)) if isinstance(value, str) else value


def _drawing(svg: str) -> str:
    """A file of its own, in the dossier's font; names on the map keep a white edge, as the page's style gives them."""
    svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)
    if f'id="{COVER_MAP}-' in svg:
        svg = svg.replace('<text style="', f'<text style="{WHITE_EDGE}')
    return _known(svg.replace(FIGURE_FONT, FONT))


def _known(text: str) -> str:
    letters = _letters()
    return "".join(c if ord(c) in letters or c == "\n" else UNKNOWN if c.isprintable() else " " for c in text)


def _breakable(text: str) -> str:
    """A word longer than a column may break anywhere; a fingerprint stays whole, to be copied."""

    def broken(found: re.Match[str]) -> str:
        word = found[0]
        return word if FINGERPRINT.fullmatch(word) else re.sub(rf"(.{{{PIECE}}})", rf"\1{ZERO_WIDTH}", word)

    return re.sub(rf"\S{{{LONG_WORD},}}", broken, text)


@cache
def _letters() -> frozenset[int]:
    """Characters that every weight of the font has."""
    fonts = sorted((reports() / FOLDER / FONTS).glob("*.ttf"))
    found = [frozenset(FT2Font(str(font)).get_charmap()) for font in fonts]
    return frozenset.intersection(*found)
