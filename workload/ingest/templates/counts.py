"""The table of indicators per commune, with the source card that lets it be read as soon as it is filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from pathlib import Path

import pandas as pd
import yaml
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from workload.catalogue import text
from workload.ingest.study_file import StudyFile
from workload.ingest.templates import choices
from workload.ingest.templates.book import (
    BAND_FILL,
    BOLD,
    INPUT_FILL,
    LINE,
    NOTE,
    TITLE,
    fit_height,
    headings,
    hidden_sheet,
    print_set_up,
    protect,
    put,
    save,
    widths,
)

SHEET = "Indicateurs"
HEADING_ROW = 4
BLANK_ROWS = 600
COLUMNS_A_PAGE = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column to fill in. nature: externe, interne, or "" when nobody has said."""

    id: str
    label: str
    unit: str = ""
    nature: str = ""


def write_indicators_template(
    path: Path,
    settings: StudyFile | None = None,
    communes: pd.DataFrame | None = None,
    wanted: Sequence[Wanted] = (),
) -> list[Path]:
    """The workbook and its card, same name, `.yaml`."""
    columns = list(wanted) or [Wanted(f"indicateur_{n}", text("template_indicator", n=n)) for n in (1, 2, 3)]
    titles = _titles(columns)
    book = Workbook()
    book.remove(book.worksheets[0])
    _guide(book, path.name)
    ws = book.create_sheet(SHEET)
    put(ws, 1, 1, text("template_indicators_title"), font=TITLE)
    put(ws, 2, 1, settings.title if settings else text("template_no_study"), font=NOTE)
    headings(ws, HEADING_ROW, ["Code INSEE", "Commune", *titles.values()], 66)
    widths(ws, [13, 32, *([16] * len(columns))])
    places = _places(communes)
    last = HEADING_ROW + (len(places) or BLANK_ROWS)
    look = {"border": LINE, "fill": INPUT_FILL, "unlocked": True}
    for n, row in enumerate(range(HEADING_ROW + 1, last + 1)):
        code, name = places[n] if places else (None, None)
        put(ws, row, 1, code, border=LINE, number_format="@", unlocked=not places)
        put(ws, row, 2, name, border=LINE, unlocked=not places)
        for column in range(3, 3 + len(columns)):
            put(ws, row, column, number_format="#,##0.###", align="right", **look)  # type: ignore[arg-type]
    put(ws, last + 1, 1, "Total", font=BOLD, fill=BAND_FILL, border=LINE)
    put(ws, last + 1, 2, text("template_declared_total"), font=NOTE, fill=BAND_FILL, border=LINE)
    for column in range(3, 3 + len(columns)):
        put(ws, last + 1, column, number_format="#,##0.###", align="right", **look)  # type: ignore[arg-type]
    cells = f"C{HEADING_ROW + 1}:{get_column_letter(2 + len(columns))}{last + 1}"
    choices.numbers(ws, cells, "template_error_count")
    if not places:
        choices.communes(ws, f"A{HEADING_ROW + 1}:A{last}", f"A{HEADING_ROW + 1}")
    ws.freeze_panes = f"C{HEADING_ROW + 1}"
    print_set_up(ws, text("template_indicators_title"), repeat=HEADING_ROW, wide=ceil(len(columns) / COLUMNS_A_PAGE))
    ws.print_title_cols = "A:B"
    protect(ws)
    title = settings.title if settings else ""
    hidden_sheet(book, "_workload", [("layout", "indicators"), ("version", "1"), ("study", title)])
    book.active = 0
    save(book, path)
    card = path.with_suffix(".yaml")
    card.write_text(_card(path.name, settings, columns, titles), "utf-8")
    return [path, card]


def _titles(columns: Sequence[Wanted]) -> dict[str, str]:
    """A heading for each column, none twice."""
    labels = [c.label.strip() for c in columns]
    return {
        c.id: label if labels.count(label) == 1 else f"{label} ({c.id})"
        for c, label in zip(columns, labels, strict=True)
    }


def _places(communes: pd.DataFrame | None) -> list[tuple[str, str]]:
    if communes is None or communes.empty:
        return []
    once = communes.drop_duplicates("commune")
    return list(zip(once["commune"].astype(str), once["commune_name"].astype(str), strict=True))


def _guide(book: Workbook, file: str) -> None:
    ws = book.create_sheet(text("template_instructions"))
    widths(ws, [6, 120])
    put(ws, 1, 1, text("template_indicators_title"), font=TITLE)
    for n in range(1, 7):
        said = text(f"template_indicators_rule_{n}", card=Path(file).with_suffix(".yaml").name)
        put(ws, 2 + n, 1, str(n), font=BOLD, fill=BAND_FILL, border=LINE, align="center")
        put(ws, 2 + n, 2, said, border=LINE, wrap=True)
        fit_height(ws, 2 + n, [(said, 120)])
    ws.sheet_view.showGridLines = False
    print_set_up(ws, text("template_indicators_title"))
    protect(ws)


def _card(file: str, settings: StudyFile | None, columns: Sequence[Wanted], titles: Mapping[str, str]) -> str:
    """Our keys with remarks for the person who completes it; values go through the YAML writer."""
    head = {
        "fichier": file,
        "feuille": SHEET,
        "ligne_titres": HEADING_ROW,
        "colonne_cle": "Code INSEE",
        "ligne_total": "Total",
        "annee": settings.day.year if settings else date.today().year,
        "source": text("template_card_source"),
        "licence": text("template_card_licence"),
    }
    lines = [f"# {line}" for line in text("template_card_remarks").split("\n") if line]
    lines.append(_yaml(head) + "colonnes:")
    for column in columns:
        entry = {
            "titre": titles[column.id],
            "libelle": column.label,
            "unite": column.unit or text("template_card_unit"),
            "nature": column.nature or "interne",
        }
        doubt = "" if column.nature else f"  # {text('template_card_nature')}\n"
        body = _yaml({column.id: entry})
        lines.append(doubt + "".join(f"  {line}\n" for line in body.splitlines()).rstrip("\n"))
    return "\n".join(lines) + "\n"


def _yaml(content: Mapping[str, object]) -> str:
    return yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=1000)
